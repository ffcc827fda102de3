import { posix } from "node:path";
import { CntnrError } from "../errors/cntnr-error.ts";
import type { CopyAction } from "./copy-job.ts";

type UnpackAction = Extract<CopyAction, { kind: "unpack" }>;

/** Where the members of an archive go: below `directory`, its first component as `name`, or without it for "". */
export interface Destination {
  readonly directory: string;
  readonly name: string;
}

/**
 * Pure: docker's rules for where a copy goes (docker cp, "copy behavior"). Throws CntnrError `usage`.
 * @param source what is copied: its name in the archive
 * @param there what is at the path, its links followed
 */
export function planDestination(
  { path, mode, isDirectory }: Pick<UnpackAction, "path" | "mode" | "isDirectory">,
  source: { readonly name: string; readonly isDirectory: boolean },
  there: "directory" | "other" | "nothing",
): Destination {
  if (there === "directory") return { directory: path, name: mode === "contents" ? "" : source.name };
  if (there === "other") {
    if (isDirectory) throw new CntnrError("conflict", `${path} is not a directory`);
    if (source.isDirectory)
      throw new CntnrError("conflict", `a directory cannot be copied over the file ${path}`);
  } else if (isDirectory && !source.isDirectory)
    throw new CntnrError("not-found", `there is no directory ${path} to copy into`);
  return { directory: posix.dirname(path), name: posix.basename(path) };
}
