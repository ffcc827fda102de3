import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { isPolicyFileName } from "../load.ts";
import type { PolicySource } from "../policy.ts";
import { readDraft } from "../trusted-file.ts";

/**
 * Policy files to be looked at, not to be obeyed: whoever runs a tool may name any file or directory that she can read.
 * A directory stands for its policy files. Throws for what cannot be read.
 */
export function readSources(paths: readonly string[]): PolicySource[] {
  return paths.flatMap((path) => {
    if (!statSync(path).isDirectory()) return [{ file: path, bytes: readDraft(path) }];
    const names = readdirSync(path).filter(isPolicyFileName).toSorted();
    return names.map((file) => ({ file, bytes: readDraft(join(path, file)) }));
  });
}
