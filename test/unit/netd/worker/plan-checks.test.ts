import { describe, expect, test } from "bun:test";
import { parseConflist } from "../../../../netd/cni/conflist.ts";
import { bridgeOf, leasingOf } from "../../../../netd/cni/network-facts.ts";
import type { AttachmentPlan } from "../../../../netd/contract/plan.ts";
import type { Refusal } from "../../../../netd/errors.ts";
import { caps, requireFit } from "../../../../netd/worker/plan-checks.ts";
import { barePlan } from "../../../fixtures/plans.ts";

const ipam = { type: "host-local", ranges: [[{ subnet: "10.20.0.0/24" }], [{ subnet: "fd20::/64" }]] };
const chosen = { capabilities: { ips: true, mac: true } };

function network(more: object = {}, plugin: object = { type: "bridge", ipam, ...chosen }) {
  const text = JSON.stringify({ cniVersion: "1.0.0", name: "lab", plugins: [plugin], ...more });
  const conflist = parseConflist(text, "lab.conflist");
  return { conflist, hash: barePlan.conflistHash, leasing: leasingOf(conflist), bridge: bridgeOf(conflist) };
}

/** Code and text of the refusal; "fits" without one. */
function judge(
  changes: Partial<AttachmentPlan>,
  on = network(),
  load = { attachments: 0, onNetwork: 0, ofUser: 0 },
) {
  try {
    requireFit({ ...barePlan, ...changes }, on, load);
    return "fits";
  } catch (error) {
    const { code, message, cause } = error as Refusal;
    return `${code}: ${message}${cause instanceof Error ? cause.message : ""}`;
  }
}

const port = { hostIp: "", hostPort: 8080, containerPort: 80, protocol: "tcp" as const };

describe("a plan", () => {
  test("that says nothing special fits, and so does one with all that the network can give", () => {
    expect(judge({})).toBe("fits");
    const all = { staticIps: ["10.20.0.7", "fd20::7"], mac: "02:00:00:00:00:07", egress: ["192.0.2.0/24"] };
    expect(judge({ ...all, ports: [port, { ...port, hostIp: "192.0.2.1" }] })).toBe("fits");
  });

  test.each([
    ["10.20.0.1", "is the gateway's address"],
    ["10.20.0.0", "is the network's own address"],
    ["10.20.0.255", "is the broadcast address"],
    ["192.0.2.7", "is not an address of the network"],
    ["fd20::1", "is the gateway's address"],
    ["010.20.0.7", "not in canonical form"],
  ])("with the address %s does not: it %s (D6)", (address, reason) => {
    expect(judge({ staticIps: [address] })).toContain(reason);
  });

  test.each([
    [{ hostPort: 80 }, "ports below 1024 are not published"],
    [{ hostIp: "127.0.0.1" }, "not published on loopback"],
    [{ hostIp: "::1" }, "not published on loopback"],
    [{ hostIp: "224.0.0.1" }, "is no address of a host"],
  ])("with the port %o does not: %s (R11, R13)", (changes, reason) => {
    expect(judge({ ports: [{ ...port, ...changes }] })).toContain(reason);
  });

  test("has ports below 1024 where the conflist says so", () => {
    const on = network({ cntnr: { lowestPort: 80 } });
    expect(judge({ ports: [{ ...port, hostPort: 80 }] }, on)).toBe("fits");
    expect(judge({ ports: [{ ...port, hostPort: 79 }] }, on)).toContain("ports below 80");
  });

  test("has no address and no MAC of choice where no plugin lets choose", () => {
    const on = network({}, { type: "bridge", ipam });
    expect(judge({ staticIps: ["10.20.0.7"] }, on)).toContain("no address by choice");
    expect(judge({ mac: "02:00:00:00:00:07" }, on)).toContain("no MAC address by choice");
  });

  test("has no ports where packets do not pass the host", () => {
    const on = network({ cntnr: { acceptUnfiltered: true } }, { type: "macvlan", ipam });
    expect(judge({ ports: [port] }, on)).toContain("do not pass the host");
  });

  test("finds no room above what a bridge and this machine have (D8)", () => {
    const load = { attachments: 0, onNetwork: 0, ofUser: 0 };
    expect(judge({}, network(), { ...load, onNetwork: caps.perNetwork - 1 })).toBe("fits");
    expect(judge({}, network(), { ...load, onNetwork: caps.perNetwork })).toContain("exhausted");
    expect(judge({}, network(), { ...load, ofUser: caps.perUser })).toContain("exhausted");
    expect(judge({}, network(), { ...load, attachments: caps.attachments })).toContain("exhausted");
  });
});
