import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { parseResult, parseStoredResult, ResultError } from "../../../../netd/cni/result.ts";

const full = {
  cniVersion: "1.0.0",
  interfaces: [
    { name: "lab0", mac: "00:11:22:33:44:55" },
    { name: "vethX", mac: "55:44:33:22:11:11" },
    { name: "eth0", mac: "99:88:77:66:AA:BB", sandbox: "/run/ns/a" },
  ],
  ips: [
    { address: "10.1.0.5/16", gateway: "10.1.0.1", interface: 2 },
    { address: "FD00:0::5/64", interface: 2 },
  ],
  routes: [{ dst: "0.0.0.0/0" }, { dst: "10.9.0.0/16", gw: "10.1.0.9" }],
  dns: { nameservers: ["10.1.0.1", "FD00::1"], domain: "lab", search: ["a.lab"], options: ["ndots:2"] },
};

function refusal(result: unknown): string {
  try {
    parseResult(typeof result === "string" ? result : JSON.stringify(result), "1.0.0");
  } catch (error) {
    if (error instanceof ResultError) return error.message;
    throw error;
  }
  throw new Error("was not refused");
}

describe("a result", () => {
  test("is read whole and in canonical form", () => {
    const { interfaces, ips, routes, dns } = parseResult(JSON.stringify(full), "1.0.0");
    expect(interfaces).toEqual([
      { name: "lab0", mac: "00:11:22:33:44:55", sandbox: "" },
      { name: "vethX", mac: "55:44:33:22:11:11", sandbox: "" },
      { name: "eth0", mac: "99:88:77:66:aa:bb", sandbox: "/run/ns/a" },
    ]);
    expect(ips).toEqual([
      { address: "10.1.0.5/16", gateway: "10.1.0.1", interface: 2 },
      { address: "fd00::5/64", gateway: undefined, interface: 2 },
    ]);
    expect(routes).toEqual([
      { dst: "0.0.0.0/0", gw: undefined },
      { dst: "10.9.0.0/16", gw: "10.1.0.9" },
    ]);
    expect(dns).toEqual({ ...full.dns, nameservers: ["10.1.0.1", "fd00::1"] });
  });

  test("keeps what netd does not know for the plugins that follow", () => {
    const result = {
      ...full,
      extra: { a: [1, null] },
      interfaces: [{ name: "eth0", mtu: 1400, pciID: "0" }],
      ips: [],
    };
    expect(parseResult(JSON.stringify(result), "1.0.0").json).toEqual(result);
  });

  test("of 0.3 and 0.4 means the same as one of 1.0", () => {
    for (const version of ["0.3.0", "0.3.1", "0.4.0"] as const) {
      const ips = full.ips.map((ip) => ({ ...ip, version: ip.address.includes(":") ? "6" : "4" }));
      const old = { ...full, cniVersion: version, ips };
      const { json, ...rest } = parseResult(JSON.stringify(old), version);
      const { json: _, ...expected } = parseResult(JSON.stringify(full), "1.0.0");
      expect(rest).toEqual(expected);
      expect(json).toEqual(old);
    }
  });

  test("in another version than asked for is passed on in that", () => {
    const inOld = parseResult(JSON.stringify(full), "0.4.0").json;
    expect(inOld).toMatchObject({ cniVersion: "0.4.0", ips: [{ version: "4" }, { version: "6" }] });
    const { json } = parseResult(JSON.stringify(inOld), "1.1.0");
    expect(json).toEqual({ ...full, cniVersion: "1.1.0" });
  });

  test("without a version is in the one that was asked for", () => {
    const { cniVersion: _, ...unnamed } = full;
    expect(parseResult(JSON.stringify(unnamed), "1.0.0").json).toEqual(full);
    expect(refusal({ ...full, cniVersion: "7.0.0" })).toBe('is in unknown version "7.0.0"');
  });

  test("may say of no address which interface it is on", () => {
    const addressOf = (changes: object) =>
      parseResult(JSON.stringify({ ips: [{ address: "10.0.0.2/24" }], ...changes }), "0.3.1").ips;
    expect(addressOf({})).toEqual([{ address: "10.0.0.2/24", gateway: undefined, interface: undefined }]);
    expect(addressOf({ ips: [{ address: "10.0.0.2/24", interface: -1 }] })[0]?.interface).toBeUndefined();
    expect(addressOf({ ips: [{ address: "10.0.0.2/24", interface: 0 }] })[0]?.interface).toBeUndefined();
    expect(refusal({ ...full, ips: [{ address: "10.0.0.2/24", interface: 3 }] })).toContain("interface 3");
  });

  test.each([
    "10.0.0.2",
    "10.0.0.2/33",
    "10.0.0.2/024",
    "10.0.0.2/-1",
    "010.0.0.2/24",
    "10.2/24",
    "0x0a.0.0.1/24",
    "10.0.0.256/24",
    " 10.0.0.2/24",
    "10.0.0.2/24 ",
    "10.0.0.2/24\n",
    "fd00::1",
    "fd00::1/129",
    "fd00::1/064",
    "fe80::1%eth0/64",
    "fd00::1::2/64",
    "$(id)/24",
    "/24",
  ])("with the address %j is refused", (address) => {
    expect(refusal({ ...full, ips: [{ address }] })).toMatch(/is no address|has no prefix length/);
  });

  test.each([
    [{ interfaces: "x" }, "interfaces"],
    [{ interfaces: [{}] }, "interfaces/0"],
    [{ interfaces: [{ name: "a b" }] }, "interfaces/0/name"],
    [{ interfaces: [{ name: "eth0", mac: "no" }] }, "interfaces/0/mac"],
    [{ interfaces: Array(65).fill({ name: "a" }) }, "interfaces"],
    [{ ips: [{ address: 1 }] }, "ips/0/address"],
    [{ ips: [{ address: "10.0.0.1/8", interface: 1.5 }] }, "ips/0/interface"],
    [{ ips: [{ address: "10.0.0.1/8", gateway: "10.0.0.9/8" }] }, "has a prefix length"],
    [{ routes: [{ gw: "10.0.0.1" }] }, "routes/0"],
    [{ dns: { nameservers: ["resolver"] } }, "is no address"],
    [{ dns: { search: ["a\nnameserver 6.6.6.6"] } }, "dns/search/0"],
    [{ dns: { domain: "a b" } }, "dns/domain"],
  ])("with %j is refused", (changes, place) => {
    expect(refusal({ ...full, ...changes })).toContain(place);
  });

  test("that is no JSON object is refused", () => {
    expect(refusal("")).toBe("is empty");
    expect(refusal("garbage")).toStartWith("is not JSON");
    expect(refusal("[]")).toBe("must be object");
    expect(refusal("null")).toBe("must be object");
  });

  test("that was stored is read in its own version", () => {
    const stored = JSON.stringify(parseResult(JSON.stringify(full), "0.4.0").json);
    expect(parseStoredResult(stored).json).toEqual(JSON.parse(stored));
    expect(() => parseStoredResult("{}")).toThrow("has no version that netd knows");
  });

  test("of any bytes either is refused or has addresses that are addresses", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.string(), fc.ipV4(), fc.ipV6()), { maxLength: 3 }),
        fc.nat(140),
        (texts, n) => {
          const ips = texts.map((text) => ({ address: `${text}/${n}` }));
          try {
            for (const { address } of parseResult(JSON.stringify({ ips }), "1.0.0").ips)
              expect(address).toMatch(/^[0-9a-f:.]+\/\d{1,3}$/);
          } catch (error) {
            expect(error).toBeInstanceOf(ResultError);
          }
        },
      ),
    );
  });
});
