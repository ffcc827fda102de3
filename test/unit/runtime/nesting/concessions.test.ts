import { describe, expect, test } from "bun:test";
import {
  noConcessions,
  planConcessions,
  withConcededFlags,
} from "../../../../runtime/nesting/plan-concessions.ts";
import { canJoinMounts, isLimited } from "../../../../runtime/nesting/surroundings.ts";

const possible = { proc: null, sysfs: null, pivotRoot: null, keyring: null, hostname: null };

describe("concessions", () => {
  test("are none where everything is possible, or there are no keyrings at all", () => {
    expect(planConcessions(possible)).toEqual(noConcessions);
    expect(planConcessions({ ...possible, keyring: "ENOSYS" })).toEqual(noConcessions);
  });

  test("each have their reason, with what lifts it", () => {
    const made = planConcessions({
      ...{ proc: "EPERM", sysfs: "EPERM", pivotRoot: "EPERM", keyring: "EPERM", hostname: "EPERM" },
    });
    expect([...made.shared.keys(), ...made.runtimeFlags.keys()]).toEqual([
      "proc",
      "sysfs",
      "no-pivot",
      "no-new-keyring",
    ]);
    for (const reason of [...made.shared.values(), ...made.runtimeFlags.values(), made.noHostname ?? ""])
      expect(reason).toMatch(/EPERM.*lifts it$/);
  });

  test("add their flags to those that were asked for, once", () => {
    const made = planConcessions({ ...possible, pivotRoot: "EPERM", keyring: "EPERM" });
    expect(withConcededFlags(["no-pivot"], made)).toEqual(["no-pivot", "no-new-keyring"]);
    expect(withConcededFlags(["no-pivot"], noConcessions)).toEqual(["no-pivot"]);
  });
});

describe("surroundings", () => {
  const status = (seccomp: number) => `Name:\tx\nCapEff:\t0000000000000000\nSeccomp:\t${seccomp}\n`;
  const everyId = "         0          0 4294967295\n";

  test.each([
    ["a machine's own ground", status(0), everyId, false, false],
    ["a seccomp filter", status(2), everyId, false, true],
    ["a masked /proc", status(0), everyId, true, true],
    ["a user namespace", status(0), "         0       1000          1\n", false, true],
    [
      "a user namespace with sub-ids",
      status(0),
      "         0       1000          1\n         1     100000      65536\n",
      false,
      true,
    ],
  ])("%s", (_, own, idMap, isProcMasked, limited) => {
    expect(isLimited({ status: own, idMap, isProcMasked })).toBe(limited);
  });

  test.each([
    ["000001ffffffffff", true],
    ["00000000a80425fb", false], // docker's default
    ["00000000a82425fb", true], // with SYS_ADMIN
    ["0000000000200000", false], // SYS_ADMIN without SYS_CHROOT
  ])("capabilities %s let root join mounts: %p", (capabilities, expected) => {
    expect(canJoinMounts(`CapPrm:\t0\nCapEff:\t${capabilities}\nCapBnd:\t0\n`)).toBe(expected);
  });
});
