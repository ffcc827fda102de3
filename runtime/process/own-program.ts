import { existsSync } from "node:fs";
import { join } from "node:path";
import { notInPath } from "./run-command.ts";

/** Work is done in directories with files of containers, and Bun would run what a bunfig.toml there says. The compiled program has none of it. */
const noOrders = ["--config=/dev/null", "--no-env-file"] as const;

/**
 * How work of another kind is started that takes a process of its own: this program itself when it is the compiled `cntnr`; from source
 * the interpreter with the entry point of `cntnr`; in a program into which somebody has bundled us the `cntnr` in PATH, which has to be of the
 * same version. Throws CntnrError `unavailable`.
 */
export function ownProgram(): readonly [string, ...string[]] {
  // Bun shows the files in a compiled executable under this name; the version is put in when `cntnr` is compiled.
  if (process.env.CNTNR_VERSION !== undefined && process.argv[1]?.startsWith("/$bunfs/"))
    return [process.execPath];
  const source = join(import.meta.dirname, "../../cmd/cntnr/main.ts");
  if (existsSync(source)) return [process.execPath, ...noOrders, source];
  const installed = Bun.which("cntnr");
  if (installed) return [installed];
  throw notInPath("cntnr");
}
