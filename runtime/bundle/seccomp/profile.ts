import type { OciSeccomp, OciSyscallArgument, OciSyscallRule } from "../oci-config.ts";
import { allowedCalls, callsByCapability, idCalls, nodeCalls, ownerCalls } from "./allowed-calls.ts";

/** Of errno(3). */
const notPermitted = 1; // EPERM
const notImplemented = 38; // ENOSYS

/** clone(2): CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET. */
const namespaceFlags = 0x7e020000;
/** personality(2) of programs for Linux: PER_LINUX, PER_LINUX32, each also with UNAME26, and the question for it. */
const personalities = [0x0, 0x8, 0x20000, 0x20008, 0xffffffff];
/** AF_VSOCK of socket(2): it leads to the hypervisor, whatever the network namespace. */
const vsock = 40;

/** inode(7) */
const fileTypeMask = 0o170000;
const fileType = {
  none: 0,
  fifo: 0o010000,
  character: 0o020000,
  block: 0o060000,
  file: 0o100000,
  socket: 0o140000,
};
/** Which argument of the call is the mode. */
const modeArgument: Readonly<Record<string, number>> = { mknod: 1, mknodat: 2 };

/**
 * How system calls that set owners and ids are answered. `real`: by the kernel. `made-up`: with success, without being done,
 * because only one id is mapped and the kernel would refuse, which package managers cannot live with.
 */
export type IdCalls = "real" | "made-up";

/** Architectures by Node's name: the machine's own and the one that it runs, too. x32 has no users, and costs a third more time. */
const architectures: Readonly<Record<string, readonly string[]>> = {
  x64: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"],
  ia32: ["SCMP_ARCH_X86"],
  arm64: ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"],
  arm: ["SCMP_ARCH_ARM"],
  ppc64: ["SCMP_ARCH_PPC64LE"],
  riscv64: ["SCMP_ARCH_RISCV64"],
  s390x: ["SCMP_ARCH_S390X", "SCMP_ARCH_S390"],
  loong64: ["SCMP_ARCH_LOONGARCH64"],
};

/** @param architecture as `process.arch` says it */
function architecturesOf(architecture: string): readonly string[] {
  return architectures[architecture] ?? [];
}

/** A filter that lets all calls through. */
export function openProfile(architecture: string): OciSeccomp {
  return { defaultAction: "SCMP_ACT_ALLOW", architectures: architecturesOf(architecture), syscalls: [] };
}

/**
 * The system calls that a container with these capabilities may make; all others fail with EPERM, or with ENOSYS where
 * they are newer than the list (runc does that).
 * @param architecture as `process.arch` says it
 */
export function defaultProfile(
  granted: readonly string[],
  idCallsAre: IdCalls,
  architecture: string,
): OciSeccomp {
  const byCapability = granted.flatMap((name) => callsByCapability[name] ?? []);
  const always = new Set([...allowedCalls, ...byCapability]);
  if (idCallsAre === "real") for (const name of [...ownerCalls, ...idCalls, ...nodeCalls]) always.add(name);
  return {
    defaultAction: "SCMP_ACT_ERRNO",
    defaultErrnoRet: notPermitted,
    architectures: architecturesOf(architecture),
    syscalls: [
      { names: [...always], action: "SCMP_ACT_ALLOW" },
      ...argumentRules(granted.includes("SYS_ADMIN"), architecture),
      ...(idCallsAre === "made-up" ? madeUpRules() : []),
    ],
  };
}

function argumentRules(mayMakeNamespaces: boolean, architecture: string): OciSyscallRule[] {
  const rules = [
    ...personalities.map((value) => allowIf("personality", { index: 0, value, op: "SCMP_CMP_EQ" })),
    allowIf("socket", { index: 0, value: vsock, op: "SCMP_CMP_NE" }),
  ];
  if (mayMakeNamespaces) return rules;
  // clone(2), "C library/kernel differences": s390 has the flags second.
  const index = architecture === "s390x" ? 1 : 0;
  return [
    ...rules,
    allowIf("clone", { index, value: namespaceFlags, valueTwo: 0, op: "SCMP_CMP_MASKED_EQ" }),
    // Its flags are behind a pointer, which a filter cannot follow; C libraries then take clone.
    { names: ["clone3"], action: "SCMP_ACT_ERRNO", errnoRet: notImplemented },
  ];
}

/** A profile of somebody else's with the made-up answers instead of what it says of these calls. */
export function withMadeUpIds(profile: OciSeccomp): OciSeccomp {
  const madeUp = new Set([...ownerCalls, ...idCalls, ...nodeCalls]);
  const others = profile.syscalls.flatMap((rule) => {
    const names = rule.names.filter((name) => !madeUp.has(name));
    return names.length === 0 ? [] : [{ ...rule, names }];
  });
  // A rule that says what is the default anyhow is an error to libseccomp.
  const rules = madeUpRules().filter(
    ({ action }) => action !== profile.defaultAction || action === "SCMP_ACT_ERRNO",
  );
  return { ...profile, syscalls: [...others, ...rules] };
}

/**
 * Success for what cannot be done with one id. Only device nodes are made up: fifos and files of mknod are real. No rule may stand
 * beside an unconditional one for the same call, of which libseccomp keeps just that one.
 */
function madeUpRules(): OciSyscallRule[] {
  const nodeRule = (name: string, type: number): OciSyscallArgument => ({
    index: modeArgument[name] ?? 0,
    value: fileTypeMask,
    valueTwo: type,
    op: "SCMP_CMP_MASKED_EQ",
  });
  const devices = [fileType.character, fileType.block];
  const others = [fileType.none, fileType.fifo, fileType.file, fileType.socket];
  return [
    { names: [...ownerCalls, ...idCalls], action: "SCMP_ACT_ERRNO", errnoRet: 0 },
    ...nodeCalls.flatMap((name) => [
      ...devices.map((type) => succeedIf(name, nodeRule(name, type))),
      ...others.map((type) => allowIf(name, nodeRule(name, type))),
    ]),
  ];
}

function allowIf(name: string, argument: OciSyscallArgument): OciSyscallRule {
  return { names: [name], action: "SCMP_ACT_ALLOW", args: [argument] };
}

function succeedIf(name: string, argument: OciSyscallArgument): OciSyscallRule {
  return { names: [name], action: "SCMP_ACT_ERRNO", errnoRet: 0, args: [argument] };
}
