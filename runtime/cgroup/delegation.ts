import { accessSync, constants, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { readIfPermitted } from "../sys/read-text.ts";

/** Of cgroup-v2.rst. */
export type Controller = "cpu" | "cpuset" | "io" | "memory" | "pids";

/** What the search asks of the machine. */
export interface CgroupView {
  /** /proc/self/cgroup */
  readonly own: string;
  /** /proc/self/mountinfo */
  readonly mountinfo: string;
  /** The text of a file; undefined when it is not there or may not be read. */
  readonly read: (path: string) => string | undefined;
  /** Whether the user may write to it. */
  readonly isWritable: (path: string) => boolean;
}

export type Delegation =
  /** A cgroup whose children the user may limit: from the root of the hierarchy on. */
  | { readonly kind: "delegated"; readonly path: string; readonly controllers: ReadonlySet<string> }
  | { readonly kind: "none"; readonly hierarchy: "v1" | "v2"; readonly reason: string };

/**
 * The cgroup nearest to the root that is the user's own: its children can be limited by the controllers that it passes on. A process
 * may be moved into these because that takes the right to their common ancestor's cgroup.procs, which is it or one below it. Pure.
 */
export function findDelegation({ own, mountinfo, read, isWritable }: CgroupView): Delegation {
  const mountPoint = unifiedMountPoint(mountinfo);
  if (mountPoint === undefined)
    return {
      kind: "none",
      hierarchy: "v1",
      reason: "this machine has its controllers in cgroups v1, which cannot be delegated",
    };
  const ownPath = /^0::(\/.*)$/m.exec(own)?.[1];
  if (ownPath === undefined)
    return { kind: "none", hierarchy: "v2", reason: "/proc/self/cgroup names no cgroup" };
  let found: string | undefined;
  for (let path = ownPath; ; path = dirname(path)) {
    if (!isWritable(join(mountPoint, path, "cgroup.procs"))) break;
    found = path;
    if (path === "/") break;
  }
  if (found === undefined)
    return {
      kind: "none",
      hierarchy: "v2",
      reason: `the cgroup ${ownPath}, in which you are, is not yours`,
    };
  const controllers = (read(join(mountPoint, found, "cgroup.subtree_control")) ?? "").trim().split(/\s+/);
  return { kind: "delegated", path: found, controllers: new Set(controllers.filter((name) => name !== "")) };
}

/** Where cgroups v2 are mounted, if they are all there is: beside mounts of v1 they have hardly any controller. */
export function unifiedMountPoint(mountinfo: string): string | undefined {
  let unified: string | undefined;
  for (const line of mountinfo.split("\n")) {
    const [before = "", after = ""] = line.split(" - ");
    const type = after.split(" ", 1)[0];
    if (type === "cgroup") return undefined;
    if (type === "cgroup2") unified ??= before.split(" ")[4];
  }
  return unified;
}

export function realCgroupView(): CgroupView {
  return {
    own: readFileSync("/proc/self/cgroup", "utf8"),
    mountinfo: readFileSync("/proc/self/mountinfo", "utf8"),
    read: readIfPermitted,
    isWritable: (path) => {
      try {
        accessSync(path, constants.W_OK);
        return true;
      } catch {
        return false;
      }
    },
  };
}
