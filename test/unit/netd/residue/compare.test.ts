import { describe, expect, test } from "bun:test";
import { compare, type Expected } from "../../../../netd/residue/compare.ts";
import { elementsIn, type Inventory } from "../../../../netd/residue/inventory.ts";

const attached: Expected = {
  id: "feed",
  state: "attached",
  containerId: "c1",
  addresses: ["10.20.0.2", "fd00::2"],
  mac: "aa:00:00:00:00:01",
  leases: ["lab/10.20.0.2", "lab/fd00::2"],
  hostEnd: { kind: "bridge-port", bridge: "lab0", name: "veth1", index: 11 },
};

const machine: Inventory = {
  pins: ["feed"],
  leases: [
    { path: "lab/10.20.0.2", containerId: "c1" },
    { path: "lab/fd00::2", containerId: "c1" },
  ],
  links: [
    { index: 11, name: "veth1", isOnBridge: true },
    { index: 90, name: "docker1", isOnBridge: false },
  ],
  elements: [
    { family: "bridge", set: "port", words: ["veth1"] },
    { family: "bridge", set: "peer", words: ["268435457", "aa:00:00:00:00:01"] },
    { family: "inet", set: "masquerade4", words: ["10.20.0.2"] },
    { family: "inet", set: "attached", words: ["lab0"] },
  ],
};

const nothing: Inventory = { pins: [], leases: [], links: [], elements: [] };

test("a machine on which everything belongs to somebody has nothing stray and nothing missing", () => {
  expect(compare(machine, [attached])).toEqual({ stray: [], missing: [] });
  expect(compare(nothing, [])).toEqual({ stray: [], missing: [] });
});

test("what is of no record is stray, other programs' links are not", () => {
  expect(compare(machine, []).stray).toEqual([
    { kind: "pin", name: "feed" },
    { kind: "lease", name: "lab/10.20.0.2" },
    { kind: "lease", name: "lab/fd00::2" },
    { kind: "link", name: "veth1" },
    { kind: "rule", name: "bridge port veth1" },
    { kind: "rule", name: "bridge peer 268435457 aa:00:00:00:00:01" },
    { kind: "rule", name: "inet masquerade4 10.20.0.2" },
    { kind: "rule", name: "inet attached lab0" },
  ]);
});

test("a lease of another container's for the same address is stray", () => {
  const leases = [...machine.leases, { path: "lab/10.20.0.9", containerId: "" }];
  expect(compare({ ...machine, leases }, [attached]).stray).toEqual([
    { kind: "lease", name: "lab/10.20.0.9" },
  ]);
});

describe("what is missing", () => {
  test("of an attachment that is attached is everything that is not there", () => {
    expect(compare(nothing, [attached]).missing.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      "pin feed",
      "lease lab/10.20.0.2",
      "lease lab/fd00::2",
      "link veth1",
      "rule veth1",
    ]);
  });

  test.each(["attaching", "detaching"] as const)("is nothing of one that is %s", (state) => {
    expect(compare(nothing, [{ ...attached, state, hostEnd: undefined, addresses: [] }]).missing).toEqual([]);
  });

  test("is no link of one that the host never sees", () => {
    const machineOf = { ...machine, links: [], elements: [] };
    expect(compare(machineOf, [{ ...attached, hostEnd: undefined }]).missing).toEqual([]);
  });
});

test("nft's listing is read whatever form its elements have", () => {
  const listing = {
    nftables: [
      { metainfo: { version: "1" } },
      {
        set: { family: "inet", name: "plain", elem: ["10.0.0.1", { elem: { val: "10.0.0.2", timeout: 5 } }] },
      },
      { map: { name: "pair", elem: [[{ concat: ["veth1", 7] }, { goto: { target: "egress" } }]] } },
      { set: { name: "empty" } },
    ],
  };
  expect(elementsIn("inet", listing)).toEqual([
    { family: "inet", set: "plain", words: ["10.0.0.1"] },
    { family: "inet", set: "plain", words: ["10.0.0.2", "5"] },
    { family: "inet", set: "pair", words: ["veth1", "7", "egress"] },
  ]);
});
