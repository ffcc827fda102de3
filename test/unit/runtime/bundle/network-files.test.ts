import { expect, test } from "bun:test";
import { networkFiles } from "../../../../runtime/bundle/network-files.ts";
import { plainNetwork } from "../../../../runtime/network/network-request.ts";

const host = {
  hostname: "host",
  hosts: "127.0.0.1 localhost\n192.0.2.1 printer\n",
  resolvConf: "# c\nnameserver 127.0.0.53\nnameserver ::1\nnameserver 192.0.2.53\nsearch example.org\n",
};

test("on the host's network the files are the host's", () => {
  const files = networkFiles({ kind: "host" }, "box", {}, host);
  expect(files).toEqual({ hosts: host.hosts, resolvConf: host.resolvConf, hostname: "box\n" });
});

test("a container with a network of its own knows itself, and no server on the host's loopback", () => {
  const files = networkFiles({ kind: "none" }, "box", {}, host);
  expect(files.hosts).toMatch(/^127\.0\.0\.1\tlocalhost\n[\s\S]*\n127\.0\.0\.1\tbox\n$/);
  expect(files.resolvConf).toBe("# c\nnameserver 192.0.2.53\nsearch example.org\n");
});

test("on a network of netd's its name is left to the hook, which knows the address", () => {
  expect(
    networkFiles({ kind: "netd", networks: [plainNetwork("lab")] }, "box", {}, host).hosts,
  ).not.toContain("box");
});

test("what is asked replaces the host's lines of that kind, and adds names", () => {
  const options = {
    dns: ["192.0.2.1"],
    dnsSearch: ["."],
    dnsOptions: ["ndots:2"],
    addHosts: [
      { name: "db", address: "192.0.2.2" },
      { name: "me", address: "host-gateway" },
    ],
  };
  const files = networkFiles({ kind: "host" }, "host", options, host);
  expect(files.resolvConf).toBe("# c\nnameserver 192.0.2.1\noptions ndots:2\n");
  expect(files.hosts).toBe(`${host.hosts}192.0.2.2\tdb\n127.0.0.1\tme\n`);
  expect(() => networkFiles({ kind: "none" }, "box", options, host)).toThrow("host-gateway");
});

test("a name of the container's own has a line, with its domain first", () => {
  const options = { hostname: "box", domainname: "example.org" };
  const hosts = (kind: "host" | "none") => networkFiles({ kind }, "box", options, host).hosts;
  expect(hosts("host")).toEndWith("127.0.0.1\tbox.example.org\tbox\n");
  expect(hosts("none")).toEndWith("127.0.0.1\tbox.example.org\tbox\n");
});
