import { readFileSync } from "node:fs";

/** One mount of this process's mount namespace. */
export interface Mount {
  /** What of its file system is mounted; of a namespace the kernel's name for it (`net:[4026531840]`). */
  readonly root: string;
  readonly mountPoint: string;
}

/** proc_pid_mountinfo(5): the fourth and fifth field, white space in them as \040 and the like. */
export function listMounts(): Mount[] {
  return readFileSync("/proc/self/mountinfo", "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => {
      const [, , , root = "", mountPoint = ""] = line.split(" ").map(unescaped);
      return { root, mountPoint };
    });
}

function unescaped(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
}
