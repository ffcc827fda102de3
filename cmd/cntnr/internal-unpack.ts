import { readFileSync, writeSync } from "node:fs";
import { unpackWorker } from "../../runtime/layer/unpack-worker.ts";

/** `cntnr internal-unpack`: started by cntnr itself, in a user namespace, to write one layer. Not for people. */
export function internalUnpack(): Promise<void> {
  return unpackWorker(readFileSync(0, "utf8"), (message) => {
    writeSync(1, `${JSON.stringify(message)}\n`);
  });
}
