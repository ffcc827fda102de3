import type { ContainerRecord } from "../../runtime/container/container-record.ts";
import { findContainer } from "../../runtime/container/container-store.ts";
import { CntnrError } from "../../runtime/errors/cntnr-error.ts";
import { explainDiskError } from "../../runtime/errors/disk-error.ts";
import type { Directories } from "../../runtime/store/directories.ts";
import { printError } from "../command-line/output.ts";

/** Does something to each container that was named. One that fails does not keep the others from it; the exit code is 1 then. */
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

/** The same, with the containers' records. */
export function forEachContainer(
  directories: Directories,
  names: readonly string[],
  work: (record: ContainerRecord, name: string) => void | Promise<void>,
): Promise<number> {
  return forEachName(names, (name) => work(findContainer(directories, name), name));
}
