import { existsSync, readFileSync, readlinkSync, statSync } from "node:fs";

/** What of this process says that it is in a container. */
export interface Surroundings {
  /** /proc/self/status */
  readonly status: string;
  /** /proc/self/uid_map */
  readonly idMap: string;
  /** Something is mounted over files of /proc that tell of the machine. */
  readonly isProcMasked: boolean;
}

/** capabilities(7) */
const capability = { sysChroot: 18, sysAdmin: 21 } as const;
const everyId = 4294967295;
/** Files that every engine masks, as far as there are such. */
const usuallyMasked = ["/proc/keys", "/proc/kcore", "/proc/timer_list", "/proc/acpi"];

export function readSurroundings(): Surroundings {
  const proc = statSync("/proc").dev;
  return {
    status: readFileSync("/proc/self/status", "utf8"),
    idMap: readFileSync("/proc/self/uid_map", "utf8"),
    isProcMasked: usuallyMasked.some((path) => existsSync(path) && statSync(path).dev !== proc),
  };
}

/** Whether containers might not get here what they get on a machine's own ground. Pure. */
export function isLimited({ status, idMap, isProcMasked }: Surroundings): boolean {
  return isProcMasked || isFiltered(status) || !new RegExp(`^\\s*0\\s+0\\s+${everyId}\\s*$`).test(idMap);
}

/** Under a seccomp filter. Pure. */
export function isFiltered(status: string): boolean {
  return /^Seccomp:\s*2$/m.test(status);
}

/** Whether the runtime, as root, can join the mount namespace of a container that it makes (setns(2)). Pure. */
export function canJoinMounts(status: string): boolean {
  const effective = BigInt(`0x${/^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? "0"}`);
  const has = (number: number) => (effective & (1n << BigInt(number))) !== 0n;
  return has(capability.sysAdmin) && has(capability.sysChroot);
}

/** A name for surroundings in which the same is possible, as long as the machine runs. */
export function surroundingsKey({ status, isProcMasked }: Surroundings): string {
  const number = (path: string) => /\d+/.exec(readlinkSync(path))?.[0] ?? "";
  const field = (name: string) => new RegExp(`^${name}:\\s*(\\S+)$`, "m").exec(status)?.[1] ?? "";
  return [
    number("/proc/self/ns/user"),
    number("/proc/self/ns/mnt"),
    ...["CapEff", "NoNewPrivs", "Seccomp_filters"].map(field),
    isProcMasked ? "masked" : "open",
  ].join("-");
}
