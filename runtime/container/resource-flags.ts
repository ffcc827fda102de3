import { CntnrError } from "../errors/cntnr-error.ts";
import type { LookAt } from "./host-path.ts";
import { parseSize } from "./size-flag.ts";

/** Bounds that take a cgroup; what is absent is not bounded. */
export interface ResourceLimits {
  readonly memoryBytes?: number;
  /** Memory and swap together; -1: no bound. */
  readonly memorySwapBytes?: number;
  readonly memoryReservationBytes?: number;
  /** Relative: 1024 is usual. */
  readonly cpuShares?: number;
  /** Microseconds of a period. */
  readonly cpuQuotaUs?: number;
  readonly cpuPeriodUs?: number;
  /** "0-2,4" */
  readonly cpusetCpus?: string;
  readonly cpusetMems?: string;
  readonly pids?: number;
  /** 10 to 1000. */
  readonly blkioWeight?: number;
  readonly deviceLimits?: readonly DeviceLimit[];
}

/** What bounds the access to one block device: a weight, or bytes or operations in a second. */
export interface DeviceLimit {
  readonly kind: DeviceLimitKind;
  readonly major: number;
  readonly minor: number;
  readonly value: number;
}

export const deviceLimitKinds = [
  "blkio-weight-device",
  "device-read-bps",
  "device-write-bps",
  "device-read-iops",
  "device-write-iops",
] as const;
type DeviceLimitKind = (typeof deviceLimitKinds)[number];

/** The flags by their long names, as far as they are there. */
export type ResourceWords = Readonly<Partial<Record<ResourceFlag, string>>>;
export const resourceFlagNames = [
  "memory",
  "memory-swap",
  "memory-reservation",
  "cpus",
  "cpu-shares",
  "cpu-quota",
  "cpu-period",
  "cpuset-cpus",
  "cpuset-mems",
  "pids-limit",
  "blkio-weight",
] as const;
type ResourceFlag = (typeof resourceFlagNames)[number];

const usualPeriodUs = 100_000;
const leastMemoryBytes = 6 * 1024 * 1024;

/** Docker's flags for what a container may use; undefined without any. Throws CntnrError `usage`. */
export function parseResources(
  words: ResourceWords,
  deviceLimits: readonly DeviceLimit[] = [],
): ResourceLimits | undefined {
  const memoryBytes = size(words, "memory");
  const memorySwapBytes = words["memory-swap"] === "-1" ? -1 : size(words, "memory-swap");
  const limits: ResourceLimits = {
    ...present("memoryBytes", memoryBytes),
    ...present(
      "memorySwapBytes",
      memorySwapBytes ?? (memoryBytes === undefined ? undefined : 2 * memoryBytes),
    ),
    ...present("memoryReservationBytes", size(words, "memory-reservation")),
    ...present("cpuShares", count(words, "cpu-shares", 2, 262_144)),
    ...cpuTime(words),
    ...present("cpusetCpus", list(words, "cpuset-cpus")),
    ...present("cpusetMems", list(words, "cpuset-mems")),
    ...present("pids", pids(words["pids-limit"])),
    ...present("blkioWeight", count(words, "blkio-weight", 10, 1000)),
    ...present("deviceLimits", deviceLimits.length === 0 ? undefined : deviceLimits),
  };
  checkMemory(limits);
  return Object.keys(limits).length === 0 ? undefined : limits;
}

/**
 * The flags of `update`, where what is not said stays: memory and swap are then bounded apart, and a number of processes can be
 * freed of its bound. Undefined without any. Throws CntnrError `usage`.
 */
export function parseChangedResources(words: ResourceWords): ResourceLimits | undefined {
  const { "memory-swap": swap, "pids-limit": pidsLimit, ...others } = words;
  const { memorySwapBytes: _, ...limits } = parseResources(others) ?? {};
  const changes: ResourceLimits = {
    ...limits,
    ...present("memorySwapBytes", swap === "-1" ? -1 : size(words, "memory-swap")),
    ...present("pids", pidsLimit === "0" || pidsLimit === "-1" ? -1 : pids(pidsLimit)),
  };
  return Object.keys(changes).length === 0 ? undefined : changes;
}

/** `--cgroup-parent`: a path, from the root or from the user's own cgroup on. Throws CntnrError `usage`. */
export function checkCgroupParent(text: string): string {
  const words = text.split("/").filter((word) => word !== "");
  if (words.length > 0 && !words.includes("..") && !text.includes("\0")) return text;
  throw new CntnrError("usage", `--cgroup-parent "${text}": it is the path of a cgroup`);
}

/** `--device-read-bps DEVICE:RATE` and its like. Throws CntnrError `usage` or `not-found`. */
export function parseDeviceLimit(kind: DeviceLimitKind, text: string, lookAt: LookAt): DeviceLimit {
  const flag = `--${kind} ${text}`;
  const [, path = "", written = ""] = /^(\/[^:]*):(.+)$/.exec(text) ?? [];
  const stats = lookAt(path);
  if (path === "") throw new CntnrError("usage", `${flag}: it is written DEVICE:VALUE`);
  if (!stats) throw new CntnrError("not-found", `${flag}: ${path} does not exist`);
  if (!stats.isBlockDevice()) throw new CntnrError("usage", `${flag}: ${path} is not a block device`);
  const value = kind.endsWith("bps")
    ? parseSize(flag, written)
    : /^\d{1,15}$/.test(written)
      ? Number(written)
      : 0;
  if (value < 1 || (kind === "blkio-weight-device" && (value < 10 || value > 1000)))
    throw new CntnrError("usage", `${flag}: the value is out of range`);
  return { kind, value, ...deviceNumbers(stats.rdev) };
}

/** As Linux packs them (makedev(3)). */
function deviceNumbers(rdev: number): { major: number; minor: number } {
  const number = BigInt(rdev);
  const major = ((number >> 32n) & 0xfffff000n) | ((number >> 8n) & 0xfffn);
  const minor = ((number >> 12n) & 0xffffff00n) | (number & 0xffn);
  return { major: Number(major), minor: Number(minor) };
}

function cpuTime(words: ResourceWords): Pick<ResourceLimits, "cpuQuotaUs" | "cpuPeriodUs"> {
  const { cpus } = words;
  const quota = count(words, "cpu-quota", 1000, 1_000_000_000);
  const period = count(words, "cpu-period", 1000, 1_000_000);
  if (cpus === undefined) return { ...present("cpuQuotaUs", quota), ...present("cpuPeriodUs", period) };
  if (quota !== undefined || period !== undefined)
    throw new CntnrError("usage", "--cpus is --cpu-quota and --cpu-period in one: give it or these");
  const number = /^\d{1,4}(?:\.\d{1,9})?$/.test(cpus) ? Number(cpus) : 0;
  if (number < 0.01) throw new CntnrError("usage", `--cpus "${cpus}": it is a number like 0.5 or 2`);
  return { cpuQuotaUs: Math.round(number * usualPeriodUs), cpuPeriodUs: usualPeriodUs };
}

function checkMemory({ memoryBytes, memorySwapBytes, memoryReservationBytes }: ResourceLimits): void {
  if (memoryBytes === undefined && memorySwapBytes !== undefined)
    throw new CntnrError("usage", "--memory-swap is memory and swap together, and needs --memory");
  if (memoryBytes === undefined) return;
  if (memoryBytes < leastMemoryBytes)
    throw new CntnrError("usage", "--memory: no container runs in less than 6m");
  if (memorySwapBytes !== undefined && memorySwapBytes !== -1 && memorySwapBytes < memoryBytes)
    throw new CntnrError("usage", "--memory-swap is memory and swap together: not less than --memory");
  if (memoryReservationBytes !== undefined && memoryReservationBytes > memoryBytes)
    throw new CntnrError("usage", "--memory-reservation is above --memory");
}

function size(words: ResourceWords, flag: ResourceFlag): number | undefined {
  const text = words[flag];
  return text === undefined ? undefined : parseSize(`--${flag}`, text);
}

function count(words: ResourceWords, flag: ResourceFlag, least: number, most: number): number | undefined {
  const text = words[flag];
  if (text === undefined) return undefined;
  const number = /^\d{1,10}$/.test(text) ? Number(text) : -1;
  if (number >= least && number <= most) return number;
  throw new CntnrError("usage", `--${flag} "${text}": it is a number from ${least} to ${most}`);
}

/** 0 and -1 are docker's words for no bound. */
function pids(text: string | undefined): number | undefined {
  if (text === undefined || text === "0" || text === "-1") return undefined;
  return count({ "pids-limit": text }, "pids-limit", 1, 4_194_304);
}

function list(words: ResourceWords, flag: ResourceFlag): string | undefined {
  const text = words[flag];
  if (text === undefined || /^\d{1,5}(?:-\d{1,5})?(?:,\d{1,5}(?:-\d{1,5})?)*$/.test(text)) return text;
  throw new CntnrError("usage", `--${flag} "${text}": it is a list like 0-2,4`);
}

function present<Name extends keyof ResourceLimits>(
  name: Name,
  value: ResourceLimits[Name] | undefined,
): Partial<Pick<ResourceLimits, Name>> {
  return value === undefined ? {} : ({ [name]: value } as Partial<Pick<ResourceLimits, Name>>);
}
