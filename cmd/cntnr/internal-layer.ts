import { readFileSync, writeSync } from "node:fs";
import { layerWorker } from "../../runtime/layer/layer-worker.ts";

/** `cntnr internal-layer`: started by cntnr itself, in a user namespace, to read or write one layer. Not for people. */
export function internalLayer(): Promise<void> {
  return layerWorker(readFileSync(0, "utf8"), (message) => {
    writeSync(1, `${JSON.stringify(message)}\n`);
  });
}
