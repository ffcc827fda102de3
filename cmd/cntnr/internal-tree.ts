import { readFileSync, writeSync } from "node:fs";
import { treeWorker } from "../../runtime/build/tree/tree-worker.ts";

/** `cntnr internal-tree`: started by cntnr itself, in a user namespace, to copy files of a build. Not for people. */
export function internalTree(): Promise<void> {
  return treeWorker(readFileSync(0, "utf8"), (outcome) => {
    writeSync(1, `${JSON.stringify(outcome)}\n`);
  });
}
