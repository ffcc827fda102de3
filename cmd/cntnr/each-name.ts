import { CntnrError } from "../../runtime/errors/cntnr-error.ts";
import { explainDiskError } from "../../runtime/errors/disk-error.ts";
import { printError } from "../command-line/output.ts";

/** Does something to each thing that was named. One that fails does not keep the others from it; the exit code is 1 then. */
export async function forEachName(
  names: readonly string[],
  work: (name: string) => void | Promise<void>,
): Promise<number> {
  let exitCode = 0;
  for (const name of names) {
    try {
      await work(name);
    } catch (error) {
      const known = error instanceof CntnrError ? error : explainDiskError(error);
      if (!known) throw error;
      printError(`cntnr: ${known.message}\n`);
      exitCode = 1;
    }
  }
  return exitCode;
}
