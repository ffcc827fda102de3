import { describe, expect, test } from "bun:test";
import { requireSound } from "../../../../netd/attachment/filtered-attachment.ts";
import type { NetworkShape, PluginResult } from "../../../../netd/attachment/network-plugins.ts";
import type { AttachmentRecord } from "../../../../netd/journal/record.ts";
import { parseAddress, parseRange } from "../../../../policy/address/address.ts";

function subnet(range: string, gateway: string) {
  const parsed = parseRange(range);
  if (!parsed) throw new Error(`${range} is no range`);
  return { range: parsed, gateway: parseAddress(gateway) };
}

const shape: NetworkShape = {
  subnets: [subnet("10.20.0.0/24", "10.20.0.1"), subnet("fd20::/64", "fd20::1")],
  bridge: "lab0",
  isUnfilteredAccepted: false,
};

interface Given {
  readonly addresses?: readonly string[];
  readonly mac?: string;
}

/** Whether plugins may give that to an attachment with such a plan; throws what is wrong. */
function check(
  { addresses = ["10.20.0.7/24"], mac = "02:00:00:00:00:07" }: Given,
  plan: object = {},
  of = shape,
) {
  const given = { mac, addresses, gateways: [], nameservers: [], searchDomains: [] };
  const result: PluginResult = { json: "{}", given, hostInterfaces: [] };
  const record = { plan: { mac: "", staticIps: [], ...plan } } as unknown as AttachmentRecord;
  requireSound(result, record, of);
}

describe("what plugins give an attachment", () => {
  test.each<[string, Given, object]>([
    ["addresses of the network", { addresses: ["10.20.0.7/24", "fd20::7/64"] }, {}],
    ["none", { addresses: [] }, {}],
    ["what was to be chosen", {}, { mac: "02:00:00:00:00:07", staticIps: ["10.20.0.7"] }],
  ])("may be %s", (_, given, plan) => {
    expect(() => check(given, plan)).not.toThrow();
  });

  test.each<[string, Given, object, string]>([
    ["the gateway's address (D6)", { addresses: ["10.20.0.1/24"] }, {}, "is the gateway's address (D6)"],
    ["the gateway's of the other family (D6)", { addresses: ["fd20::1/64"] }, {}, "is the gateway's address"],
    ["the network's own (D6)", { addresses: ["10.20.0.0/24"] }, {}, "is the network's own address"],
    ["the broadcast address (D6)", { addresses: ["10.20.0.255/24"] }, {}, "is the broadcast address"],
    ["another network's (D6)", { addresses: ["192.0.2.7/24"] }, {}, "is not an address of the network"],
    [
      "a second one of the host's, behind a good one (D6)",
      { addresses: ["10.20.0.7/24", "127.0.0.1/8"] },
      {},
      "127.0.0.1/8",
    ],
    [
      "the host's IPv4 in IPv6's clothes (D6)",
      { addresses: ["::ffff:10.20.0.7/120"] },
      {},
      "no container can have",
    ],
    ["no address", { addresses: ["10.20.0.7;drop"] }, {}, "no container can have"],
    ["a great many", { addresses: Array(17).fill("10.20.0.7/24") }, {}, "gave 17 addresses"],
    ["no MAC address", { mac: "" }, {}, "no interface with a MAC address"],
    ["a MAC address in another form", { mac: "02:00:00:00:00:0A" }, {}, "no interface with a MAC address"],
    ["another MAC address than was chosen", {}, { mac: "02:00:00:00:00:08" }, "instead of 02:00:00:00:00:08"],
    ["another address than was chosen", {}, { staticIps: ["10.20.0.8"] }, "instead of 10.20.0.8"],
  ])("may not be %s", (_, given, plan, message) => {
    expect(() => check(given, plan)).toThrow(message);
  });

  test("is checked as far as the network is known, where only its plugins know the addresses", () => {
    const unknown: NetworkShape = { ...shape, subnets: "unknown" };
    expect(() => check({ addresses: ["192.0.2.7/24"] }, {}, unknown)).not.toThrow();
    expect(() => check({ addresses: ["::ffff:192.0.2.7/120"] }, {}, unknown)).toThrow(
      "no container can have",
    );
  });
});
