import { readFileSync, realpathSync } from "node:fs";
import type { ResolvedMount } from "../container/container-options.ts";

const locking = ["ro", "nosuid", "nodev", "noexec"];

/**
 * Options of the host's mounts that a bind of them has to have, too: in a user namespace none of them can be taken away
 * (mount_namespaces(7), "Restrictions on mount namespaces"), and runc 1.1 forgets them where it changes any.
 * @param mountinfo of the process that starts the runtime (proc(5), /proc/pid/mountinfo)
 */
export function lockedOptions(mountinfo: string, path: string): string[] {
  let best: { depth: number; options: string } | undefined;
  for (const line of mountinfo.split("\n")) {
    const [, , , , mountPoint = "", options = ""] = line.split(" ");
    const place = unescapeOctal(mountPoint);
    const isAbove = place === "/" || path === place || path.startsWith(`${place}/`);
    // Of two mounts at one place the later one is seen.
    if (mountPoint !== "" && isAbove && place.length >= (best?.depth ?? 0))
      best = { depth: place.length, options };
  }
  const present = best?.options.split(",") ?? [];
  return locking.filter((option) => present.includes(option));
}

/** Spaces, tabs, newlines and backslashes are `\040` and the like. */
function unescapeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}

/** The requests with locked options added where the mount changes any option; without binds nothing is read. */
export function withLockedOptions(mounts: readonly ResolvedMount[]): ResolvedMount[] {
  let mountinfo: string | undefined;
  return mounts.map((mount) => {
    if (mount.kind !== "bind" || (!mount.readOnly && mount.options.length === 0)) return mount;
    mountinfo ??= readFileSync("/proc/self/mountinfo", "utf8");
    const locked = lockedOptions(mountinfo, realpathSync(mount.source));
    return {
      ...mount,
      readOnly: mount.readOnly || locked.includes("ro"),
      options: [...new Set([...mount.options, ...locked.filter((option) => option !== "ro")])],
    };
  });
}
