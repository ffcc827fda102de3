import { asRoot, asUser, type Finding, fault, good, type Remedy, warning } from "./check.ts";

/** What is known of the place where images and containers are. */
export interface StoreFacts {
  readonly path: string;
  readonly freeBytes: number;
  /** Of the mount that it is on (proc_pid_mountinfo(5)). */
  readonly mount:
    | { readonly point: string; readonly type: string; readonly options: readonly string[] }
    | undefined;
  /** Why layers have to be copied instead of put on top of each other; undefined when they have not. */
  readonly copyReason: string | undefined;
  /** Why an overlay could not be mounted and written to in there; undefined when it could or nobody has tried. */
  readonly overlayFailure: string | undefined;
}

const leastFreeBytes = 1 << 30;

/** Pure. */
export function judgeStore({ path, freeBytes, mount }: StoreFacts): Finding {
  const free = `${Math.floor(freeBytes / (1 << 20))} MiB free`;
  const place = `${path}, on ${mount?.type ?? "a file system of an unknown kind"}`;
  if (mount?.options.includes("noexec"))
    return fault(
      `${place}, where nothing can be executed (${mount.point} is mounted noexec)`,
      asRoot(`mount -o remount,exec ${mount.point}`),
    );
  if (freeBytes < leastFreeBytes)
    return warning(`${place}, with only ${free}`, asUser("cntnr system prune --all"));
  return good(`${place}, with ${free}`);
}

/** Pure. */
export function judgeOverlay({ path, copyReason, overlayFailure }: StoreFacts): Finding {
  if (copyReason !== undefined)
    return warning(
      `each container copies its image, which takes time and room: ${copyReason}`,
      asUser("export XDG_DATA_HOME=/var/tmp/$USER # or another directory of yours on a local disk"),
    );
  if (overlayFailure !== undefined)
    return fault(`none can be mounted in ${path}: ${overlayFailure}`, overlayRemedy(overlayFailure));
  return good("mounted and written to, in a user namespace, in the store");
}

function overlayRemedy(failure: string): Remedy | undefined {
  if (/unknown filesystem type|no such device/i.test(failure)) return asRoot("modprobe overlay");
  return undefined;
}

/** The mount that a path is on: the last of those whose mount point is the longest. Pure. */
export function mountOf(path: string, mountinfo: string): StoreFacts["mount"] {
  let found: { point: string; type: string; options: string[] } | undefined;
  for (const line of mountinfo.split("\n")) {
    const [before = "", after = ""] = line.split(" - ");
    const [, , , , pointText = "", options = ""] = before.split(" ");
    // The kernel writes space, tab, newline and backslash as octal numbers.
    const point = pointText.replace(/\\(\d{3})/g, (_, digits) =>
      String.fromCharCode(Number.parseInt(digits, 8)),
    );
    const isAbove = point === "/" || path === point || path.startsWith(`${point}/`);
    if (point === "" || !isAbove || point.length < (found?.point.length ?? 0)) continue;
    found = { point, type: after.split(" ")[0] ?? "", options: options.split(",") };
  }
  return found;
}
