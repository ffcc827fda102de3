import { readFileSync } from "node:fs";
import type { ByteString } from "../sys/file-calls.ts";
import type { CopyView } from "./copy-job.ts";

/** Where something is mounted in a view, clean and relative to its root. */
export type MountPoints = ReadonlySet<ByteString>;

/** Asked before the door is shut: they are the kernel's to tell (proc_pid_mountinfo(5)). In the other views nothing is mounted. */
export function mountPointsIn(view: CopyView): MountPoints {
  if (view.kind !== "process") return new Set();
  return new Set(parseMountPoints(readFileSync(`/proc/${view.pid}/mountinfo`, "latin1")));
}

/** Pure: the fifth fields, in which the kernel writes blanks and their like as \\040; without the root itself. */
export function parseMountPoints(mountinfo: string): ByteString[] {
  return mountinfo
    .split("\n")
    .map((line) => line.split(" ")[4] ?? "")
    .map((path) =>
      path.replace(/\\([0-7]{3})/g, (_, octal) => String.fromCharCode(Number.parseInt(octal, 8))),
    )
    .map((path) => path.slice(1))
    .filter((path) => path !== "");
}
