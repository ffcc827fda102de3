import { readSync, writeSync } from "node:fs";
import { treeWorker } from "../../runtime/build/tree/tree-worker.ts";

/** `cntnr internal-tree`: started by cntnr itself, in a user namespace, to copy and pack files of a build. Not for people. */
export function internalTree(): Promise<void> {
  return treeWorker(linesOfInput(), (outcome) => {
    writeSync(1, `${JSON.stringify(outcome)}\n`);
  });
}

/** Waits for each, and meanwhile does nothing else. */
function* linesOfInput(): Iterable<string> {
  const buffer = Buffer.allocUnsafe(64 * 1024);
  const decoder = new TextDecoder();
  let partial = "";
  for (let count = readSync(0, buffer); count > 0; count = readSync(0, buffer)) {
    const lines = (partial + decoder.decode(buffer.subarray(0, count), { stream: true })).split("\n");
    partial = lines.pop() ?? "";
    yield* lines;
  }
}
