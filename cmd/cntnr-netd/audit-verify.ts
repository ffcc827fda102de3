import { readHead } from "../../netd/audit/head-file.ts";
import { inOrder, logAndRotations } from "../../netd/audit/log-files.ts";
import { headless, readableLogs, requireHead, requireReadable } from "../../netd/audit/readable-log.ts";
import { type ChainReport, verifyChain } from "../../netd/audit/verify-chain.ts";
import { print, printable, printError } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { locationOf } from "./locations.ts";

/** `cntnr-netd audit verify`: 0 when every line follows from the one before, 1 at the first that does not. */
export async function auditVerify({ args }: CommandContext): Promise<number> {
  const log = locationOf(args, "auditLog");
  const isWholeLog = args.positionals.length === 0;
  if (isWholeLog) {
    await readableLogs(log);
    requireHead(log);
  } else args.positionals.forEach(requireReadable);
  // The remembered end is read first: a running service only adds lines after it.
  const head = isWholeLog ? readHead(log) : undefined;
  const files = isWholeLog ? await logAndRotations(log) : await inOrder(args.positionals);
  const report = await verifyChain(files, head, log);
  for (const { file, line, text } of report.remarks) print(`${file}:${line}: ${printable(text)}\n`);
  if (report.broken) {
    const { file, line, text } = report.broken;
    printError(`cntnr-netd: ${file}:${line}: ${text}\n`);
    return 1;
  }
  if (isWholeLog && !head) throw headless(log);
  print(`${summaryOf(report, files.length)}\n`);
  return 0;
}

function summaryOf({ lines, first, last }: ChainReport, files: number): string {
  if (!first || !last) return "There are no lines.";
  const where = `${lines} lines in ${files} ${files === 1 ? "file" : "files"}, from ${first.ts} to ${last.ts}`;
  const earlier = first.seq === 1 ? "the first line" : `the first ${first.seq} lines`;
  return `${where}: each follows from the one before.${first.seq === 0 ? "" : ` Not in them: ${earlier}.`}`;
}
