import { readFileSync } from "node:fs";
import { mergeWorker } from "../../runtime/merged-tree/merge-worker.ts";

/** `cntnr internal-merge`: started by cntnr itself, in a user namespace, to copy merged layers and to take changes of the copy. */
export async function internalMerge(): Promise<number> {
  await mergeWorker(readFileSync(0, "utf8"));
  return 0;
}
