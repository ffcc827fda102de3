import { accessSync, constants, existsSync } from "node:fs";
import { dirname } from "node:path";
import { headPathOf } from "./head-file.ts";
import { logAndRotations, UnreadableLog } from "./log-files.ts";

/** Throws UnreadableLog for a file that is not there or not this user's to read. */
export function requireReadable(log: string): void {
  try {
    accessSync(log, constants.R_OK);
  } catch (cause) {
    const errno = cause instanceof Error && "code" in cause ? cause.code : undefined;
    if (errno === "ENOENT" || errno === "ENOTDIR")
      throw new UnreadableLog(
        `there is no audit log ${log}: the service has written none yet, or writes another (--audit-log)`,
        { cause },
      );
    if (errno === "EACCES")
      throw new UnreadableLog(`${log} is for root and its own group to read: use sudo`, { cause });
    throw cause;
  }
}

/** The log and its rotations, the oldest first. Throws UnreadableLog when there is none of them. */
export async function readableLogs(log: string): Promise<string[]> {
  const files = existsSync(dirname(log)) ? await logAndRotations(log) : [];
  const head = headPathOf(log);
  if (files.length === 0 && !existsSync(log) && existsSync(head))
    throw new UnreadableLog(
      `${log} is missing with all its rotations: somebody has taken it away, because ${head} remembers its end`,
    );
  for (const file of files.length === 0 ? [log] : files) requireReadable(file);
  return files;
}

/** Throws UnreadableLog when there is no file that remembers the end of the log's chain. */
export function requireHead(log: string): void {
  const head = headPathOf(log);
  if (!existsSync(head))
    throw new UnreadableLog(`${head} is missing, which remembers the end of the log: ${withoutTheEnd(log)}`);
  requireReadable(head);
}

/** What it says when the file that should remember the end of the log's chain was changed. */
export function headless(log: string): UnreadableLog {
  return new UnreadableLog(
    `${headPathOf(log)} was changed, and does not remember the end of the log any more: ${withoutTheEnd(log)}`,
  );
}

function withoutTheEnd(log: string): string {
  return (
    "lines that were taken from its end cannot be missed. " +
    `The service makes it anew; for what is there now: cntnr-netd audit verify ${log}`
  );
}
