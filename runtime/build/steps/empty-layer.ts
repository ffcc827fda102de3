import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Directories } from "../../store/directories.ts";

/** An unpacked layer with nothing in it: what `FROM scratch` begins with, and what an overlay has below when it has little. */
export function emptyLayer(directories: Directories): string {
  const path = join(directories.build, "empty");
  mkdirSync(path, { recursive: true, mode: 0o755 });
  return path;
}
