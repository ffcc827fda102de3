import { join } from "node:path";

/**
 * How this program starts itself for work of another kind: the compiled executable, or from source the
 * interpreter with the entry point of `cntnr`.
 */
export function ownProgram(): readonly [string, ...string[]] {
  // Bun shows the files in a compiled executable under this name.
  if (process.argv[1]?.startsWith("/$bunfs/")) return [process.execPath];
  return [process.execPath, join(import.meta.dirname, "../../cmd/cntnr/main.ts")];
}
