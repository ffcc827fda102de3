import { notInPath } from "../process/run-command.ts";
import type { OciMount } from "./oci-config.ts";

/** In /dev, which is a container's own and in no image that is made of it. */
const initPath = "/dev/cntnr-init";

/** A program of the host's that can be a container's first process, and the words with which it is. */
export interface InitProgram {
  readonly path: string;
  readonly words: readonly string[];
}

/**
 * In the order in which they are looked for. tini is docker's own, and ends with 127 or 126 when it cannot start the command; catatonit,
 * which podman brings along, with 1. tini is not the first of its namespace where the container shares another's processes: -s.
 */
const programs = [
  { name: "tini-static", words: [initPath, "-s", "--"] },
  { name: "catatonit", words: [initPath, "--"] },
] as const;

export const initProgramNames: readonly string[] = programs.map(({ name }) => name);

/** The program that passes signals on and reaps whom nobody waits for (`--init`). Throws CntnrError `unavailable`. */
export function findInitProgram(which: (name: string) => string | null = Bun.which): InitProgram {
  for (const { name, words } of programs) {
    const path = which(name);
    if (path) return { path, words };
  }
  throw notInPath(programs[0].name);
}

export function initMount({ path }: InitProgram): OciMount {
  return { destination: initPath, type: "bind", source: path, options: ["bind", "rprivate"] };
}
