import { join } from "node:path/posix";
import type { Controller, Delegation } from "../cgroup/delegation.ts";
import type { DeviceLimit, ResourceLimits } from "../container/resource-flags.ts";
import { CntnrError } from "../errors/cntnr-error.ts";
import type { OciDeviceRate, OciResources } from "./oci-config.ts";

/** Where a container's cgroup is, and what bounds it. */
export interface ResourcePlan {
  readonly cgroupsPath: string;
  readonly resources: OciResources;
}

const controllerOf: Readonly<Record<keyof ResourceLimits, Controller>> = {
  memoryBytes: "memory",
  memorySwapBytes: "memory",
  memoryReservationBytes: "memory",
  cpuShares: "cpu",
  cpuQuotaUs: "cpu",
  cpuPeriodUs: "cpu",
  cpusetCpus: "cpuset",
  cpusetMems: "cpuset",
  pids: "pids",
  blkioWeight: "io",
  deviceLimits: "io",
};
const advice = "`cntnr doctor` names the command that mends it";

/**
 * The cgroup of a container with bounds, below the one that is delegated to the user. Pure. Throws CntnrError `unavailable` where the
 * bounds would not hold: better none than one that is not there.
 * @param name of the container's own cgroup
 * @param parent a path from the hierarchy's root, or from the user's own cgroup on
 */
export function planResources(
  limits: ResourceLimits,
  delegation: Delegation,
  name: string,
  parent = "cntnr",
): ResourcePlan {
  const needed = new Set((Object.keys(limits) as (keyof ResourceLimits)[]).map((key) => controllerOf[key]));
  const list = [...needed].join(", ");
  if (delegation.kind === "none" && needed.size === 0)
    throw new CntnrError(
      "unavailable",
      `--cgroup-parent needs a cgroup of your own, and ${delegation.reason}`,
    );
  if (delegation.kind === "none")
    throw new CntnrError(
      "unavailable",
      `limits need the cgroup controllers ${list}, and ${delegation.reason}; ${advice}`,
    );
  const missing = [...needed].filter((controller) => !delegation.controllers.has(controller));
  if (missing.length > 0)
    throw new CntnrError(
      "unavailable",
      `limits need the cgroup controllers ${list}: your cgroup ${delegation.path} does not pass ${missing.join(", ")} on; ${advice}`,
    );
  return { cgroupsPath: join(parentPath(delegation.path, parent), name), resources: ociResources(limits) };
}

/** Absolute where it is in the user's own cgroup. */
function parentPath(own: string, parent: string): string {
  if (!parent.startsWith("/")) return join(own, parent);
  const path = join(parent);
  if (own === "/" || path.startsWith(`${own}/`)) return path;
  throw new CntnrError("not-permitted", `--cgroup-parent ${parent}: it is not below your own cgroup, ${own}`);
}

function ociResources(limits: ResourceLimits): OciResources {
  const { memoryBytes, memorySwapBytes, memoryReservationBytes, pids, blkioWeight } = limits;
  const memory = defined({ limit: memoryBytes, swap: memorySwapBytes, reservation: memoryReservationBytes });
  const cpu = defined({
    shares: limits.cpuShares,
    quota: limits.cpuQuotaUs,
    period: limits.cpuPeriodUs,
    cpus: limits.cpusetCpus,
    mems: limits.cpusetMems,
  });
  const weights = devicesOf(limits, "blkio-weight-device");
  const blockIO = defined({
    weight: blkioWeight,
    weightDevice: weights?.map(({ major, minor, rate }) => ({ major, minor, weight: rate })),
    throttleReadBpsDevice: devicesOf(limits, "device-read-bps"),
    throttleWriteBpsDevice: devicesOf(limits, "device-write-bps"),
    throttleReadIOPSDevice: devicesOf(limits, "device-read-iops"),
    throttleWriteIOPSDevice: devicesOf(limits, "device-write-iops"),
  });
  return {
    ...(memory ? { memory } : {}),
    ...(cpu ? { cpu } : {}),
    ...(pids === undefined ? {} : { pids: { limit: pids } }),
    ...(blockIO ? { blockIO } : {}),
  };
}

function devicesOf(limits: ResourceLimits, kind: DeviceLimit["kind"]): OciDeviceRate[] | undefined {
  const devices = (limits.deviceLimits ?? []).filter((limit) => limit.kind === kind);
  return devices.length === 0
    ? undefined
    : devices.map(({ major, minor, value }) => ({ major, minor, rate: value }));
}

/** Without what is undefined; undefined when nothing is left. */
function defined<T extends object>(values: T): { [Key in keyof T]?: Exclude<T[Key], undefined> } | undefined {
  const entries = Object.entries(values).filter(([, value]) => value !== undefined);
  if (entries.length === 0) return undefined;
  return Object.fromEntries(entries) as { [Key in keyof T]?: Exclude<T[Key], undefined> };
}
