import { expect, test } from "bun:test";
import { capabilitySets, grantedCapabilities } from "../../../../runtime/bundle/capabilities.ts";

test("without flags a container has docker's fourteen capabilities", () => {
  expect(grantedCapabilities([], [])).toHaveLength(14);
});

test("names count more than ALL, and adding more than dropping", () => {
  expect(grantedCapabilities([], ["ALL"])).toEqual([]);
  expect(grantedCapabilities(["NET_ADMIN"], ["ALL"])).toEqual(["NET_ADMIN"]);
  expect(grantedCapabilities(["ALL"], [])).toHaveLength(41);
  expect(grantedCapabilities(["ALL"], ["SYS_ADMIN"])).not.toContain("SYS_ADMIN");
  expect(grantedCapabilities(["CHOWN"], ["CHOWN"])).toContain("CHOWN");
});

test("nothing is inheritable or ambient (B6)", () => {
  const sets = capabilitySets(["CHOWN"]);
  expect(sets).toEqual({
    bounding: ["CAP_CHOWN"],
    effective: ["CAP_CHOWN"],
    permitted: ["CAP_CHOWN"],
    inheritable: [],
    ambient: [],
  });
});
