import type { ProgressListener, PullProgress } from "../../runtime/image/progress.ts";
import { isTerminal } from "../../runtime/sys/terminal.ts";
import { printable, printError } from "../command-line/output.ts";

const shortestIntervalMs = 80;
const clearLine = "\r\u001b[K";

/**
 * Shows how a pull or a push is going, on standard error: on a terminal one line that changes, else nothing but what has to be
 * said. The line is gone when the next thing is printed.
 */
export function progressPrinter(): ProgressListener {
  if (!isTerminal(2)) return printRemark;
  let shownAt = Number.NEGATIVE_INFINITY;
  // Whatever comes after: an id, an error, the container's own output.
  process.on("exit", () => printError(clearLine));
  const bytesOf = new Map<string, { readonly done: number; readonly total: number }>();
  return (progress) => {
    if (progress.kind === "remark" || progress.kind === "repairing") return printRemark(progress);
    if (progress.kind === "unpacking")
      bytesOf.set(progress.layer, { done: progress.doneBytes, total: progress.totalBytes });
    const now = performance.now();
    const isDone = progress.kind === "unpacking" && progress.doneBytes >= progress.totalBytes;
    if (now - shownAt < shortestIntervalMs && !isDone) return;
    shownAt = now;
    printError(`${clearLine}${describe(progress, [...bytesOf.values()])}${isDone ? clearLine : ""}`);
  };
}

/** The same, and looks at the terminal only when there is something to be shown. */
export function lateProgressPrinter(): ProgressListener {
  let printer: ProgressListener | undefined;
  return (progress) => {
    printer ??= progressPrinter();
    printer(progress);
  };
}

/** Only what has to be said. */
export function printRemark(progress: PullProgress): void {
  if (progress.kind === "remark") printError(`cntnr: ${printable(progress.text)}\n`);
  if (progress.kind === "repairing")
    printError(`cntnr: ${progress.digest} in the store is damaged, and fetched again\n`);
}

function describe(
  progress: PullProgress,
  layers: readonly { readonly done: number; readonly total: number }[],
): string {
  switch (progress.kind) {
    case "copying":
      return `fetching ${printable(progress.source)}`;
    case "received":
      return `fetching: ${megabytes(progress.bytes)}`;
    case "sent":
      return `sending: ${megabytes(progress.bytes)} of ${megabytes(progress.totalBytes)}`;
    case "verifying":
      return `verifying ${progress.digest.slice(0, 19)}`;
    default: {
      const done = layers.reduce((sum, layer) => sum + layer.done, 0);
      const total = layers.reduce((sum, layer) => sum + layer.total, 0);
      return `unpacking: ${megabytes(done)} of ${megabytes(total)}`;
    }
  }
}

/** "12.3 MB" */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
