import type { NetworkHooks } from "../network/bundle-network.ts";

/*
 * The parts of config.json that we write (runtime-spec 1.0.2, config.md and config-linux.md). Spelled as there.
 */

export interface OciConfig {
  readonly ociVersion: "1.0.2";
  readonly process: OciProcess;
  readonly root: { readonly path: string; readonly readonly: boolean };
  /** Without a UTS namespace there is none to set. */
  readonly hostname?: string;
  /** Of runtime-spec 1.1; older runtimes leave it alone. */
  readonly domainname?: string;
  readonly mounts: readonly OciMount[];
  readonly hooks?: NetworkHooks;
  readonly annotations: Readonly<Record<string, string>>;
  readonly linux: OciLinux;
}

export interface OciProcess {
  readonly terminal: boolean;
  readonly user: OciUser;
  readonly args: readonly string[];
  readonly env: readonly string[];
  readonly cwd: string;
  readonly noNewPrivileges: boolean;
  readonly capabilities: OciCapabilities;
  readonly rlimits: readonly OciRlimit[];
  readonly oomScoreAdj?: number;
}

/** 64 bits each; RLIM_INFINITY is 2^64 - 1. */
export interface OciRlimit {
  readonly type: string;
  readonly soft: number | bigint;
  readonly hard: number | bigint;
}

export interface OciUser {
  readonly uid: number;
  readonly gid: number;
  readonly additionalGids: readonly number[];
}

/** `inheritable` and `ambient` are empty on purpose (B6, CVE-2022-29162). */
export interface OciCapabilities {
  readonly bounding: readonly string[];
  readonly effective: readonly string[];
  readonly permitted: readonly string[];
  readonly inheritable: readonly [];
  readonly ambient: readonly [];
}

export interface OciMount {
  readonly destination: string;
  readonly type: string;
  readonly source: string;
  readonly options: readonly string[];
}

interface OciIdMapping {
  readonly containerID: number;
  readonly hostID: number;
  readonly size: number;
}

export interface OciNamespace {
  readonly type: "pid" | "network" | "mount" | "ipc" | "uts" | "user" | "cgroup";
  /** An existing namespace to join; without it a new one. */
  readonly path?: string;
}

export interface OciLinux {
  readonly namespaces: readonly OciNamespace[];
  /** Without a user namespace there is nothing to map. */
  readonly uidMappings?: readonly OciIdMapping[];
  readonly gidMappings?: readonly OciIdMapping[];
  readonly sysctl: Readonly<Record<string, string>>;
  readonly seccomp?: OciSeccomp;
  /** From the root of the cgroup hierarchy on. */
  readonly cgroupsPath?: string;
  readonly resources?: OciResources;
  readonly maskedPaths: readonly string[];
  readonly readonlyPaths: readonly string[];
}

export interface OciResources {
  readonly memory?: { readonly limit?: number; readonly swap?: number; readonly reservation?: number };
  readonly cpu?: {
    readonly shares?: number;
    readonly quota?: number;
    readonly period?: number;
    readonly cpus?: string;
    readonly mems?: string;
  };
  readonly pids?: { readonly limit: number };
  readonly blockIO?: {
    readonly weight?: number;
    readonly weightDevice?: readonly {
      readonly major: number;
      readonly minor: number;
      readonly weight: number;
    }[];
    readonly throttleReadBpsDevice?: readonly OciDeviceRate[];
    readonly throttleWriteBpsDevice?: readonly OciDeviceRate[];
    readonly throttleReadIOPSDevice?: readonly OciDeviceRate[];
    readonly throttleWriteIOPSDevice?: readonly OciDeviceRate[];
  };
}

export interface OciDeviceRate {
  readonly major: number;
  readonly minor: number;
  readonly rate: number;
}

type SeccompAction =
  `SCMP_ACT_${"ALLOW" | "ERRNO" | "KILL" | "KILL_PROCESS" | "KILL_THREAD" | "LOG" | "TRACE" | "TRAP"}`;

export interface OciSeccomp {
  readonly defaultAction: SeccompAction;
  readonly defaultErrnoRet?: number;
  readonly architectures: readonly string[];
  readonly syscalls: readonly OciSyscallRule[];
}

export interface OciSyscallRule {
  readonly names: readonly string[];
  readonly action: SeccompAction;
  /** With SCMP_ACT_ERRNO; 0 makes the call succeed without being made. */
  readonly errnoRet?: number;
  /** All have to hold. */
  readonly args?: readonly OciSyscallArgument[];
}

export interface OciSyscallArgument {
  readonly index: number;
  /** With SCMP_CMP_MASKED_EQ the mask. */
  readonly value: number | bigint;
  /** With SCMP_CMP_MASKED_EQ what is left under the mask. */
  readonly valueTwo?: number | bigint;
  readonly op: `SCMP_CMP_${"EQ" | "GE" | "GT" | "LE" | "LT" | "MASKED_EQ" | "NE"}`;
}
