import type { Probe } from "./probe-result.ts";

/** Flags of `runc run` and `runc create` that there are concessions by. */
export type ConcededFlag = "no-pivot" | "no-new-keyring";
/** File systems that show the kernel's state. */
export type SharedFileSystem = "proc" | "sysfs";

/** What containers have to do without here; each with the reason, for who wants to know. */
export interface Concessions {
  /** Shown instead of one of the container's own: the one that we have ourselves. */
  readonly shared: ReadonlyMap<SharedFileSystem, string>;
  readonly runtimeFlags: ReadonlyMap<ConcededFlag, string>;
  /** Why a container cannot have a name of its own; undefined when it can. */
  readonly noHostname?: string;
}

export const noConcessions: Concessions = { shared: new Map(), runtimeFlags: new Map() };

/** The container that cntnr itself runs in. */
const outer = "the container that this is in";

/** What follows from a probe. Pure. */
export function planConcessions({ proc, sysfs, pivotRoot, keyring, hostname }: Probe): Concessions {
  const shared = new Map<SharedFileSystem, string>();
  const runtimeFlags = new Map<ConcededFlag, string>();
  if (proc !== null)
    shared.set(
      "proc",
      `/proc is that of ${outer}, and shows its processes: the kernel mounts no new one where parts of the old are masked (${proc}). For ${outer}, --security-opt unmask=ALL lifts it`,
    );
  if (sysfs !== null)
    shared.set(
      "sysfs",
      `/sys is that of ${outer}: the kernel mounts no new one where parts of the old are masked or read-only (${sysfs}). For ${outer}, --privileged lifts it`,
    );
  if (pivotRoot !== null)
    runtimeFlags.set(
      "no-pivot",
      `--no-pivot is set: a seccomp filter refuses pivot_root (${pivotRoot}). For ${outer}, --security-opt seccomp=unconfined lifts it`,
    );
  // Where there are no keyrings at all, runc does without.
  if (keyring !== null && keyring !== "ENOSYS")
    runtimeFlags.set(
      "no-new-keyring",
      `--no-new-keyring is set: a seccomp filter refuses keyctl (${keyring}). For ${outer}, --security-opt seccomp=unconfined lifts it`,
    );
  if (hostname === null) return { shared, runtimeFlags };
  const noHostname = `the host name is that of ${outer}: a seccomp filter refuses sethostname (${hostname}). For ${outer}, --cap-add SYS_ADMIN lifts it`;
  return { shared, runtimeFlags, noHostname };
}

/** The flags that were asked for and those that there are concessions by. */
export function withConcededFlags<Flag extends string>(
  asked: readonly Flag[],
  { runtimeFlags }: Concessions,
): (Flag | ConcededFlag)[] {
  return [...new Set([...asked, ...runtimeFlags.keys()])];
}
