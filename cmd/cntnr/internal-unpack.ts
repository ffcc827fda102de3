import { readFileSync, writeSync } from "node:fs";
import { runUnpackWorker } from "../../runtime/layer/unpack-worker.ts";

/** `cntnr internal-unpack`: started by cntnr itself, in a user namespace, to unpack one layer. Not for people. */
export function internalUnpack(): Promise<void> {
  return runUnpackWorker(readFileSync(0, "utf8"), (message) => {
    writeSync(1, `${JSON.stringify(message)}\n`);
  });
}
