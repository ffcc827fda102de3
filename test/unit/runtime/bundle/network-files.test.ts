import { expect, test } from "bun:test";
import { networkFiles } from "../../../../runtime/bundle/network-files.ts";

const host = {
  hostname: "host",
  hosts: "127.0.0.1 localhost\n192.0.2.1 printer\n",
  resolvConf: "# c\nnameserver 127.0.0.53\nnameserver ::1\nnameserver 192.0.2.53\nsearch example.org\n",
};

test("on the host's network the files are the host's", () => {
  const files = networkFiles({ kind: "host" }, "box", host);
  expect(files).toEqual({ hosts: host.hosts, resolvConf: host.resolvConf, hostname: "box\n" });
});

test("a container with a network of its own knows itself, and no server on the host's loopback", () => {
  const files = networkFiles({ kind: "none" }, "box", host);
  expect(files.hosts).toMatch(/^127\.0\.0\.1\tlocalhost\n[\s\S]*\n127\.0\.0\.1\tbox\n$/);
  expect(files.resolvConf).toBe("# c\nnameserver 192.0.2.53\nsearch example.org\n");
});

test("on a network of netd's its name is left to the hook, which knows the address", () => {
  expect(networkFiles({ kind: "netd", networks: ["lab"] }, "box", host).hosts).not.toContain("box");
});
