import { describe, expect, test } from "bun:test";
import { exactJson, parseExactJson } from "../../../../runtime/bundle/exact-json.ts";
import { planRlimits, planSysctls } from "../../../../runtime/bundle/limits-plan.ts";
import { containerToJoin, planNamespaces, withJoinedProcess } from "../../../../runtime/bundle/namespaces.ts";
import { planRestrictions, type RestrictionFacts } from "../../../../runtime/bundle/restrictions.ts";
import { parseSeccompFile, selectProfile } from "../../../../runtime/bundle/seccomp/profile-file.ts";

const privateNetwork = { network: { kind: "none" } } as const;

describe("namespaces", () => {
  const joined = { id: "web", pid: 42, directory: "/web" };
  const web = { kind: "container", container: "web" } as const;

  test("are the container's own", () => {
    const types = planNamespaces(privateNetwork, undefined).map(({ type }) => type);
    expect(types.toSorted()).toEqual(["cgroup", "ipc", "mount", "network", "pid", "user", "uts"]);
  });

  test("are left out where the host's are asked for, but not the user namespace", () => {
    const host = { kind: "host" } as const;
    const options = { network: host, pid: host, ipc: host, uts: host, userns: host, cgroupns: host };
    expect(planNamespaces(options, undefined)).toEqual([{ type: "user" }, { type: "mount" }]);
  });

  test("of another container come with its user namespace", () => {
    const list = planNamespaces({ network: web, pid: web }, joined);
    expect(list.filter(({ path }) => path)).toEqual([
      { type: "pid", path: "/proc/42/ns/pid" },
      { type: "network", path: "/proc/42/ns/net" },
      { type: "user", path: "/proc/42/ns/user" },
    ]);
  });

  test("are made anew for each life where the user keeps his ids", () => {
    const userns = { kind: "keep-id" } as const;
    const list = planNamespaces({ ...privateNetwork, userns }, undefined);
    expect(list.filter(({ path }) => path !== undefined).sort((a, b) => (a.type < b.type ? -1 : 1))).toEqual([
      { type: "network", path: "/proc/0/ns/net" },
      { type: "user", path: "/proc/0/ns/user" },
    ]);
    expect(withJoinedProcess(JSON.stringify(list), 7)).toContain('"path":"/proc/7/ns/net"');
    expect(() => containerToJoin({ network: { kind: "container", container: "web" }, userns })).toThrow(
      "keep-id",
    );
  });

  test("are those of one container", () => {
    expect(containerToJoin(privateNetwork)).toBeUndefined();
    expect(containerToJoin({ network: web, ipc: web })).toBe("web");
    expect(() => containerToJoin({ network: web, ipc: { kind: "container", container: "db" } })).toThrow(
      "several user namespaces",
    );
  });
});

describe("limits", () => {
  const limits = "Max open files            1024                 4096                 files\n";

  test("of one kind count once, and -1 is the kernel's infinity", () => {
    const ulimits = [
      { type: "RLIMIT_NOFILE", soft: 1, hard: 1 },
      { type: "RLIMIT_NOFILE", soft: 10, hard: 4096 },
      { type: "RLIMIT_CORE", soft: 0, hard: -1 },
    ];
    expect(planRlimits(ulimits, false, () => limits)).toEqual([
      { type: "RLIMIT_NOFILE", soft: 10, hard: 4096 },
      { type: "RLIMIT_CORE", soft: 0, hard: 2n ** 64n - 1n },
    ]);
  });

  test("above the user's own are for root", () => {
    const above = [{ type: "RLIMIT_NOFILE", soft: 1, hard: 4097 }];
    expect(() => planRlimits(above, false, () => limits)).toThrow("your own hard limit is 4096");
    expect(planRlimits(above, true, () => limits)).toHaveLength(1);
  });

  test("reach the runtime with all their digits", () => {
    const text = '{"rlimits":[{"soft":1,"hard":18446744073709551615}],"text":"18446744073709551615"}';
    expect(exactJson({ rlimits: [{ soft: 1, hard: 2n ** 64n - 1n }], text: "18446744073709551615" })).toBe(
      text,
    );
    expect(exactJson(parseExactJson(text) as object)).toBe(text);
  });
});

describe("kernel settings", () => {
  const gids = [{ containerId: 0, hostId: 1000, size: 1 }];
  const own = { hasOwnNetwork: true, hasOwnIpc: true, hasOwnProc: true };

  test("of a network of one's own let everybody use low ports and ping", () => {
    expect(planSysctls({}, gids, own)).toEqual({
      "net.ipv4.ip_unprivileged_port_start": "0",
      "net.ipv4.ping_group_range": "0 0",
    });
    expect(planSysctls({}, gids, { ...own, hasOwnNetwork: false })).toEqual({});
  });

  test("have to be of a namespace that the container has for itself", () => {
    expect(planSysctls({ "kernel.sem": "1" }, gids, own)).toMatchObject({ "kernel.sem": "1" });
    expect(() => planSysctls({ "vm.swappiness": "1" }, gids, own)).toThrow("the whole machine's");
    expect(() =>
      planSysctls({ "kernel.sem": "1" }, gids, { ...own, hasOwnIpc: false, hasOwnProc: true }),
    ).toThrow("its IPC");
    expect(() => planSysctls({ "net.a": "1" }, gids, { ...own, hasOwnNetwork: false })).toThrow(
      "its network",
    );
  });
});

describe("restrictions", () => {
  const plan = (
    options: Partial<RestrictionFacts["options"]>,
    idCalls: RestrictionFacts["idCalls"] = "real",
  ) =>
    planRestrictions({
      options: { capAdd: [], capDrop: [], ...options },
      idCalls,
      architecture: "x64",
      kernelRelease: "6.1.0",
    });
  const security = { seccomp: { kind: "default" }, noNewPrivileges: true, mask: [], unmask: [] } as const;

  test("are lifted by --privileged, all but what a user cannot do himself", () => {
    expect(plan({ privileged: true })).toMatchObject({
      granted: expect.arrayContaining(["SYS_ADMIN", "NET_ADMIN"]),
      noNewPrivileges: false,
      maskedPaths: [],
      readonlyPaths: [],
    });
    expect(plan({ privileged: true }).seccomp).toBeUndefined();
  });

  test("masks are added and taken away", () => {
    const { maskedPaths, readonlyPaths } = plan({
      security: { ...security, mask: ["/x"], unmask: ["/proc/acpi", "/proc/sys"] },
    });
    expect(maskedPaths).toContain("/x");
    expect(maskedPaths).not.toContain("/proc/acpi");
    expect(maskedPaths).toContain("/proc/keys");
    expect(readonlyPaths).not.toContain("/proc/sys");
  });

  test("with one id, success is made up under every filter, and under none", () => {
    for (const options of [
      { privileged: true },
      { security: { ...security, seccomp: { kind: "unconfined" } as const } },
    ]) {
      const { seccomp } = plan(options, "made-up");
      expect(seccomp?.defaultAction).toBe("SCMP_ACT_ALLOW");
      expect(
        seccomp?.syscalls.every(({ action, errnoRet }) => action === "SCMP_ACT_ERRNO" && errnoRet === 0),
      ).toBe(true);
    }
  });

  test("a profile's own words on owners give way to what is made up", () => {
    const text =
      '{"defaultAction":"SCMP_ACT_ERRNO","syscalls":[{"names":["read","chown"],"action":"SCMP_ACT_ALLOW"}]}';
    const profile = parseSeccompFile(text, "p");
    const { seccomp } = plan({ security: { ...security, seccomp: { kind: "file", profile } } }, "made-up");
    const rules = seccomp?.syscalls.filter(({ names }) => names.includes("chown")) ?? [];
    expect(rules).toEqual([expect.objectContaining({ errnoRet: 0 })]);
    expect(seccomp?.syscalls[0]).toEqual({ names: ["read"], action: "SCMP_ACT_ALLOW" });
  });
});

describe("a profile in docker's format", () => {
  const file = parseSeccompFile(
    JSON.stringify({
      defaultAction: "SCMP_ACT_ERRNO",
      defaultErrnoRet: 1,
      archMap: [
        { architecture: "SCMP_ARCH_X86_64", subArchitectures: ["SCMP_ARCH_X86"] },
        { architecture: "SCMP_ARCH_AARCH64", subArchitectures: null },
      ],
      syscalls: [
        { names: ["read"], action: "SCMP_ACT_ALLOW" },
        { names: ["mount"], action: "SCMP_ACT_ALLOW", includes: { caps: ["CAP_SYS_ADMIN"] } },
        { names: ["clone3"], action: "SCMP_ACT_ERRNO", errnoRet: 38, excludes: { caps: ["CAP_SYS_ADMIN"] } },
        { names: ["arch_prctl"], action: "SCMP_ACT_ALLOW", includes: { arches: ["amd64"] } },
        { names: ["ptrace"], action: "SCMP_ACT_ALLOW", includes: { minKernel: "5.10" } },
        { name: "old", action: "SCMP_ACT_ALLOW", args: [{ index: 0, value: 1, op: "SCMP_CMP_EQ" }] },
      ],
    }),
    "docker.json",
  );
  const select = (granted: readonly string[], architecture = "x64", kernelRelease = "6.1.0-13-amd64") =>
    selectProfile(file, { granted, architecture, kernelRelease });
  const namesOf = (...args: Parameters<typeof select>) =>
    select(...args).syscalls.flatMap(({ names }) => names);

  test("is reduced to what holds for the container and the machine", () => {
    expect(namesOf(["CHOWN"])).toEqual(["read", "clone3", "arch_prctl", "ptrace", "old"]);
    expect(namesOf(["SYS_ADMIN"])).toEqual(["read", "mount", "arch_prctl", "ptrace", "old"]);
    expect(namesOf([], "arm64", "5.4.0")).toEqual(["read", "clone3", "old"]);
    expect(select([]).architectures).toEqual(["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"]);
    expect(select([], "arm64").architectures).toEqual(["SCMP_ARCH_AARCH64"]);
  });

  test("keeps values of 64 bits", () => {
    const text =
      '{"defaultAction":"SCMP_ACT_ALLOW","syscalls":[{"names":["a"],"action":"SCMP_ACT_LOG","args":[{"index":0,"value":18446744073709551615,"op":"SCMP_CMP_EQ"}]}]}';
    const { syscalls } = selectProfile(parseSeccompFile(text, "p"), {
      granted: [],
      architecture: "x64",
      kernelRelease: "6.1",
    });
    expect(syscalls[0]?.args?.[0]?.value).toBe(18446744073709551615n);
  });
});
