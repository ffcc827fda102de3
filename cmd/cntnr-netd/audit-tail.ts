import { parseLine } from "../../netd/audit/audit-line.ts";
import { describeLine } from "../../netd/audit/describe-line.ts";
import { followLog, lastLines } from "../../netd/audit/read-log.ts";
import { requireReadable } from "../../netd/audit/readable-log.ts";
import { print, printable } from "../command-line/output.ts";
import { UsageError } from "../command-line/usage-error.ts";
import type { CommandContext } from "./command.ts";
import { locationOf } from "./locations.ts";

/** `cntnr-netd audit tail` */
export async function auditTail({ args }: CommandContext): Promise<number> {
  const log = locationOf(args, "auditLog");
  const count = args.value("lines") ?? "10";
  if (!/^\d{1,6}$/.test(count)) throw new UsageError(`--lines ${count}: write a number`);
  const show = (text: string) => print(`${args.has("json") ? text : forPeople(text)}\n`);
  requireReadable(log);
  // Begun before the last lines are read, so that none is missed in between.
  const following = args.has("follow") ? followLog(log, interruption()) : undefined;
  const next = following?.next();
  for (const text of await lastLines(log, Number(count))) show(text);
  if (!following || !next) return 0;
  const first = await next;
  if (first.done) return 0;
  show(first.value);
  for await (const text of following) show(text);
  return 0;
}

function forPeople(text: string): string {
  const line = parseLine(text);
  return line ? describeLine(line) : printable(text);
}

function interruption(): AbortSignal {
  const abort = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => abort.abort());
  return abort.signal;
}
