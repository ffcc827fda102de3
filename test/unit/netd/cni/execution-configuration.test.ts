import { describe, expect, test } from "bun:test";
import { type Conflist, type Plugin, parseConflist } from "../../../../netd/cni/conflist.ts";
import { type CallFacts, executionConfiguration } from "../../../../netd/cni/execution-configuration.ts";

const facts: CallFacts = {
  capabilityArguments: {},
  keptAddresses: [],
  prevResult: undefined,
  leaseDir: "/run/leases",
};

function conflistOf(plugin: object): readonly [Conflist, Plugin] {
  const text = JSON.stringify({ cniVersion: "1.0.0", name: "lab", plugins: [plugin] });
  const conflist = parseConflist(text, "lab.conflist");
  const [first] = conflist.plugins;
  if (!first) throw new Error("no plugin");
  return [conflist, first];
}

function configurationOf(plugin: object, changes: Partial<CallFacts> = {}): unknown {
  return JSON.parse(executionConfiguration(...conflistOf(plugin), { ...facts, ...changes }));
}

describe("the execution configuration", () => {
  test("is the plugin's own with version and name, without capabilities", () => {
    const plugin = {
      type: "tuning",
      name: "other",
      cniVersion: "0.1.0",
      sysctl: { a: "1" },
      nested: [1, { b: null }],
    };
    expect(configurationOf({ ...plugin, capabilities: { mac: true } })).toEqual({
      ...plugin,
      cniVersion: "1.0.0",
      name: "lab",
    });
  });

  test("holds the result before it as prevResult", () => {
    const prevResult = { cniVersion: "1.0.0", ips: [], "unknown to netd": { kept: true } };
    expect(configurationOf({ type: "tuning" }, { prevResult })).toMatchObject({ prevResult });
    expect(configurationOf({ type: "tuning" })).not.toHaveProperty("prevResult");
  });

  test("has netd's lease directory for host-local, and for nobody else (F6)", () => {
    const ipam = { type: "host-local", ranges: [[{ subnet: "10.0.0.0/24" }]] };
    expect(configurationOf({ type: "bridge", ipam })).toMatchObject({
      ipam: { ...ipam, dataDir: "/run/leases" },
    });
    const other = { type: "other", dataDir: "/var/lib/other" };
    expect(configurationOf({ type: "bridge", ipam: other })).toMatchObject({ ipam: other });
    expect(configurationOf({ type: "loopback" })).not.toHaveProperty("ipam");
  });

  test("has the capability arguments that the plugin declares, and runtimeConfig only if there are any", () => {
    const given = { mac: "02:00:00:00:00:01", ips: ["10.0.0.9/24"] };
    const runtimeConfigOf = (capabilities: object) =>
      configurationOf({ type: "tuning", capabilities }, { capabilityArguments: given });
    expect(runtimeConfigOf({ mac: true, portMappings: true })).toMatchObject({
      runtimeConfig: { mac: "02:00:00:00:00:01" },
    });
    expect(runtimeConfigOf({ mac: false })).not.toHaveProperty("runtimeConfig");
    expect(runtimeConfigOf({})).not.toHaveProperty("runtimeConfig");
  });

  test("never has an argument that is not on the list, even if the plugin declares it (R2)", () => {
    const smuggled = {
      ipRanges: [[{ subnet: "192.0.2.0/24" }]],
      dns: {},
      aliases: {},
      mac: "02:00:00:00:00:01",
    };
    const capabilities = { ipRanges: true, dns: true, aliases: true, mac: true, toString: true };
    expect(
      configurationOf({ type: "bridge", capabilities }, { capabilityArguments: smuggled }),
    ).toMatchObject({
      runtimeConfig: { mac: "02:00:00:00:00:01" },
    });
    const text = JSON.stringify(
      configurationOf({ type: "b", capabilities }, { capabilityArguments: smuggled }),
    );
    expect(text).not.toContain("192.0.2.0");
  });
});
