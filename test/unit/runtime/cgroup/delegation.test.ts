import { describe, expect, test } from "bun:test";
import { type CgroupView, findDelegation } from "../../../../runtime/cgroup/delegation.ts";

const unified = "30 24 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n";
const manager = "/user.slice/user-1000.slice/user@1000.service";

/** A machine on which the user may write to these cgroups, which pass these controllers on. */
function machine(writable: Readonly<Record<string, string>>, changes: Partial<CgroupView> = {}): CgroupView {
  return {
    own: `0::${manager}/app.slice/run-1.scope\n`,
    mountinfo: unified,
    read: (path) => {
      const cgroup = /^\/sys\/fs\/cgroup(\/.*)\/cgroup\.subtree_control$/.exec(path)?.[1];
      return cgroup === undefined ? undefined : writable[cgroup];
    },
    isWritable: (path) => (/^\/sys\/fs\/cgroup(\/.*)\/cgroup\.procs$/.exec(path)?.[1] ?? "") in writable,
    ...changes,
  };
}

describe("the cgroup that is delegated to a user", () => {
  test("is the uppermost of his own, with what it passes on", () => {
    const view = machine({
      [manager]: "cpu memory pids\n",
      [`${manager}/app.slice`]: "memory\n",
      [`${manager}/app.slice/run-1.scope`]: "",
    });
    expect(findDelegation(view)).toEqual({
      kind: "delegated",
      path: manager,
      controllers: new Set(["cpu", "memory", "pids"]),
    });
  });

  test("is none when he may not leave the one that he is in", () => {
    // A directory further up that is his does not help: the one between is not.
    const view = machine({ [manager]: "memory" });
    expect(findDelegation(view)).toMatchObject({
      kind: "none",
      reason: expect.stringContaining("is not yours"),
    });
  });

  test("is none on a machine with cgroups v1, also beside v2", () => {
    const hybrid = `${unified.replace("/sys/fs/cgroup", "/sys/fs/cgroup/unified")}31 24 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n`;
    for (const mountinfo of [hybrid, ""])
      expect(findDelegation(machine({ [manager]: "memory" }, { mountinfo }))).toMatchObject({
        kind: "none",
        reason: expect.stringContaining("v1"),
      });
  });
});
