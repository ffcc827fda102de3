import { describe, expect, test } from "bun:test";
import { grantedCapabilities } from "../../../../runtime/bundle/capabilities.ts";
import type { OciSeccomp } from "../../../../runtime/bundle/oci-config.ts";
import { defaultProfile } from "../../../../runtime/bundle/seccomp/profile.ts";

const usual = grantedCapabilities([], []);

/** Calls that are allowed whatever their arguments. */
function allowed(profile: OciSeccomp): Set<string> {
  const rules = profile.syscalls.filter(({ action, args }) => action === "SCMP_ACT_ALLOW" && !args);
  return new Set(rules.flatMap(({ names }) => names));
}

describe("the default filter for system calls", () => {
  test("allows what programs do, and nothing that is not in it", () => {
    const profile = defaultProfile(usual, "real", "x64");
    expect(profile).toMatchObject({ defaultAction: "SCMP_ACT_ERRNO", defaultErrnoRet: 1 });
    const calls = allowed(profile);
    for (const name of ["read", "openat2", "execve", "chown", "setuid", "mknod", "chroot"])
      expect(calls).toContain(name);
    for (const name of [
      "mount",
      "unshare",
      "bpf",
      "io_uring_setup",
      "keyctl",
      "kexec_load",
      "userfaultfd",
      "clone",
    ])
      expect(calls).not.toContain(name);
  });

  test("allows with a capability what belongs to it", () => {
    const calls = (add: readonly string[], drop: readonly string[] = []) =>
      allowed(defaultProfile(grantedCapabilities(add, drop), "real", "x64"));
    expect(calls(["SYS_ADMIN"])).toContain("mount");
    expect(calls(["SYS_ADMIN"])).toContain("clone3");
    expect(calls(["SYS_TIME"])).toContain("clock_settime");
    expect(calls([], ["SYS_CHROOT"])).not.toContain("chroot");
  });

  test("has one rule for a call, or only rules with arguments", () => {
    for (const mode of ["real", "made-up"] as const)
      for (const add of [[], ["ALL"]]) {
        const { syscalls } = defaultProfile(grantedCapabilities(add, []), mode, "x64");
        const seen = new Map<string, boolean>();
        for (const { names, args } of syscalls)
          for (const name of names) {
            expect(seen.get(name) ?? true, name).toBe(true);
            if (seen.has(name)) expect(args, name).toBeDefined();
            seen.set(name, args !== undefined);
          }
      }
  });

  test("makes up the success of what one id cannot do, but not fifos", () => {
    const profile = defaultProfile(usual, "made-up", "x64");
    expect(profile.syscalls).toContainEqual(
      expect.objectContaining({
        action: "SCMP_ACT_ERRNO",
        errnoRet: 0,
        names: expect.arrayContaining(["chown", "capset"]),
      }),
    );
    const answerTo = (type: number) =>
      profile.syscalls.find(({ names, args }) => names.includes("mknod") && args?.[0]?.valueTwo === type)
        ?.action;
    expect(answerTo(0o020000)).toBe("SCMP_ACT_ERRNO");
    expect(answerTo(0o010000)).toBe("SCMP_ACT_ALLOW");
    expect(allowed(profile)).not.toContain("mknod");
  });
});
