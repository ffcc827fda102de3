import { startFailure } from "../process/run-command.ts";
import type { OciMount } from "./oci-config.ts";

/** In /dev, which is a container's own and in no image that is made of it. */
const initPath = "/dev/cntnr-init";
const program = "catatonit";

/** What comes before the command: a first process that passes signals on and reaps whom nobody waits for. */
export const initCommand: readonly string[] = [initPath, "--"];

/** Where catatonit is on the host. Throws CntnrError `unavailable`. */
export function findInitProgram(): string {
  const path = Bun.which(program);
  if (path) return path;
  throw startFailure(program, Object.assign(new Error("not in PATH"), { code: "ENOENT" }));
}

export function initMount(source: string): OciMount {
  return { destination: initPath, type: "bind", source, options: ["bind", "rprivate"] };
}
