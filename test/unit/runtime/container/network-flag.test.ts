import { describe, expect, test } from "bun:test";
import { parseNetworkFlags } from "../../../../runtime/container/network-flag.ts";

const port = { hostIp: "", hostPort: 8080, containerPort: 80, protocol: "tcp" as const };

describe("--network", () => {
  test("takes docker's longer form, for each network its own", () => {
    expect(
      parseNetworkFlags(["name=lab,ip=10.20.0.7,ip6=fd00::7", "name=db,mac-address=02:00:00:00:00:AA"]),
    ).toEqual({
      kind: "netd",
      networks: [
        { name: "lab", addresses: ["10.20.0.7", "fd00::7"], mac: "", ports: [] },
        { name: "db", addresses: [], mac: "02:00:00:00:00:aa", ports: [] },
      ],
    });
  });

  test("--ip, --ip6, --mac-address and -p are for the first", () => {
    const first = { ip: "10.20.0.7", ip6: "fd00::7", mac: "02:00:00:00:00:05", ports: [port] };
    expect(parseNetworkFlags(["lab", "db"], first)).toEqual({
      kind: "netd",
      networks: [
        { name: "lab", addresses: ["10.20.0.7", "fd00::7"], mac: "02:00:00:00:00:05", ports: [port] },
        { name: "db", addresses: [], mac: "", ports: [] },
      ],
    });
  });

  test("-P is kept for when the image is known", () => {
    expect(parseNetworkFlags(["lab"], { exposedPorts: "published" })).toEqual({
      kind: "netd",
      networks: [{ name: "lab", addresses: [], mac: "", ports: [] }],
      exposedPorts: "published",
    });
  });

  test.each([
    ["host", { ports: [port] }, "-p: only networks of the administrator's have that"],
    ["host", { exposedPorts: "published" as const }, "-P: only networks of the administrator's have that"],
    ["none", { ip: "10.0.0.1" }, "--ip: only networks"],
    ["container:web", { mac: "02:00:00:00:00:05" }, "--mac-address: only networks"],
    ["lab", { ip: "10.0.0.256" }, "is no IPv4 address"],
    ["lab", { ip: "fd00::1" }, "is no IPv4 address"],
    ["lab", { ip6: "10.0.0.1" }, "is no IPv6 address"],
    ["lab", { mac: "02:00:00:00:00" }, "is no MAC address"],
    ["lab", { mac: "01:00:5e:00:00:05" }, "is a multicast or broadcast address; the first byte of"],
    ["name=lab,mac-address=FF:FF:FF:FF:FF:FF", {}, "is a multicast or broadcast address"],
    ["lab", { mac: "00:00:00:00:00:00" }, "is all zeros"],
    ["name=lab,driver=x", {}, "driver is not known; there are name, ip, ip6 and mac-address"],
    ["name=,ip=10.0.0.1", {}, "cannot be the name of a network"],
  ])("%s with %o is refused: %s", (network, first, message) => {
    expect(() => parseNetworkFlags([network], first)).toThrow(message);
  });

  test("without any network there are no published ports, either", () => {
    expect(() => parseNetworkFlags([], { ports: [port] })).toThrow("add --network NAME");
  });
});
