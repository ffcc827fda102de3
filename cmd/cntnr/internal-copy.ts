import { readFileSync, writeSync } from "node:fs";
import { copyWorker } from "../../runtime/copy/copy-worker.ts";

/** `cntnr internal-copy`: started by cntnr itself to do one half of a copy. Not for people. */
export async function internalCopy(): Promise<number> {
  await copyWorker(readFileSync(0, "utf8"), (outcome) => {
    writeSync(1, `${JSON.stringify(outcome)}\n`);
  });
  return 0;
}
