import type { ContainerOptions } from "../container/container-options.ts";
import { grantedCapabilities } from "./capabilities.ts";
import type { OciSeccomp } from "./oci-config.ts";
import { defaultProfile, type IdCalls, openProfile, withMadeUpIds } from "./seccomp/profile.ts";
import { selectProfile } from "./seccomp/profile-file.ts";

/** Paths that tell of the host, or of other containers; docker's list. */
const usuallyMasked = [
  ...[
    "acpi",
    "asound",
    "interrupts",
    "kcore",
    "keys",
    "latency_stats",
    "sched_debug",
    "scsi",
    "timer_list",
  ].map((name) => `/proc/${name}`),
  ...["/proc/timer_stats", "/sys/devices/virtual/powercap", "/sys/firmware"],
];
const usuallyReadOnly = ["bus", "fs", "irq", "sys", "sysrq-trigger"].map((name) => `/proc/${name}`);

/** What a container's processes may not do although they are root. */
export interface Restrictions {
  /** Capabilities without CAP_. */
  readonly granted: readonly string[];
  readonly noNewPrivileges: boolean;
  readonly maskedPaths: readonly string[];
  readonly readonlyPaths: readonly string[];
  readonly seccomp?: OciSeccomp;
}

export interface RestrictionFacts {
  readonly options: Pick<ContainerOptions, "capAdd" | "capDrop" | "privileged" | "security">;
  readonly idCalls: IdCalls;
  /** As `process.arch` says it. */
  readonly architecture: string;
  /** `uname -r` */
  readonly kernelRelease: string;
}

/** `--privileged` lifts all but the bounds of the user namespace: nobody in a user's container can do what the user cannot. */
export function planRestrictions(facts: RestrictionFacts): Restrictions {
  const { capAdd, capDrop, privileged = false, security } = facts.options;
  const granted = grantedCapabilities(privileged ? ["ALL", ...capAdd] : capAdd, capDrop);
  const unmask = new Set(privileged ? ["ALL"] : security?.unmask);
  const usual = (paths: readonly string[]) =>
    unmask.has("ALL") ? [] : paths.filter((path) => !unmask.has(path));
  const seccomp = planSeccomp(facts, granted);
  return {
    granted,
    noNewPrivileges: !privileged && (security?.noNewPrivileges ?? true),
    maskedPaths: [...usual(usuallyMasked), ...(security?.mask ?? [])],
    readonlyPaths: usual(usuallyReadOnly),
    ...(seccomp ? { seccomp } : {}),
  };
}

function planSeccomp(facts: RestrictionFacts, granted: readonly string[]): OciSeccomp | undefined {
  const { options, idCalls, architecture } = facts;
  const wish = options.security?.seccomp ?? { kind: "default" };
  if (wish.kind === "file") {
    const profile = selectProfile(wish.profile, { ...facts, granted });
    return idCalls === "real" ? profile : withMadeUpIds(profile);
  }
  if (wish.kind === "default" && !options.privileged) return defaultProfile(granted, idCalls, architecture);
  return idCalls === "real" ? undefined : withMadeUpIds(openProfile(architecture));
}
