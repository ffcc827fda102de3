import { describe, expect, test } from "bun:test";
import { familiesOf, refusalOfHostIp } from "../../../../netd/ports/published-port.ts";

describe("an address of the host to publish on", () => {
  test.each(["192.0.2.1", "10.0.0.1", "2001:db8::1", "fd00::1", "0.0.0.0", "::"])("may be %s", (address) => {
    expect(refusalOfHostIp(address)).toBeUndefined();
  });

  test.each([
    ["127.0.0.1", "not published on loopback"],
    ["127.9.9.9", "not published on loopback"],
    ["::1", "not published on loopback"],
    ["fe80::1", "of one link only"],
    ["0.1.2.3", "no address of a host"],
    ["224.0.0.1", "no address of a host"],
    ["255.255.255.255", "no address of a host"],
    ["ff02::1", "no address of a host"],
  ])("may not be %s (R13)", (address, why) => {
    expect(refusalOfHostIp(address)).toContain(why);
  });
});

describe("a port is published", () => {
  const port = { hostPort: 80, containerPort: 80, protocol: "tcp" } as const;

  test("in the families of the container's addresses", () => {
    const anywhere = { ...port, hostIp: undefined };
    expect(familiesOf(anywhere, ["10.0.0.2"])).toEqual(["ipv4"]);
    expect(familiesOf(anywhere, ["fd00::2", "10.0.0.2"])).toEqual(["ipv4", "ipv6"]);
  });

  test("in the one of the host's address, if one is named", () => {
    expect(familiesOf({ ...port, hostIp: "192.0.2.1" }, ["10.0.0.2", "fd00::2"])).toEqual(["ipv4"]);
    expect(familiesOf({ ...port, hostIp: "2001:db8::1" }, ["10.0.0.2"])).toEqual([]);
    expect(familiesOf({ ...port, hostIp: "0.0.0.0" }, ["10.0.0.2", "fd00::2"])).toEqual(["ipv4"]);
    expect(familiesOf({ ...port, hostIp: "::" }, ["10.0.0.2", "fd00::2"])).toEqual(["ipv6"]);
  });
});
