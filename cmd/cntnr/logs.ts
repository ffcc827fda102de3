import { readContainerLog } from "../../runtime/container/container-log.ts";
import { findContainer } from "../../runtime/container/container-store.ts";
import { CntnrError } from "../../runtime/errors/cntnr-error.ts";
import { print, printErrorBytes } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";

/** `cntnr logs` */
export async function logs({ args, directories }: CommandContext): Promise<number> {
  const record = findContainer(directories, args.positionals[0] ?? "");
  const tail = parseTail(args.value("tail"));
  const since = args.value("since");
  const entries = readContainerLog(directories, record, {
    follow: args.has("follow"),
    ...(tail === undefined ? {} : { tail }),
    ...(since === undefined ? {} : { sinceMs: parseSince(since, Date.now()) }),
  });
  const withTime = args.has("timestamps");
  const isMidLine = { stdout: false, stderr: false };
  for await (const { time, stream, text, isPartial } of entries) {
    const prefix = withTime && !isMidLine[stream] ? `${time} ` : "";
    const bytes = Buffer.concat([Buffer.from(prefix), text, Buffer.from(isPartial ? "" : "\n")]);
    if (stream === "stdout") print(bytes);
    else printErrorBytes(bytes);
    isMidLine[stream] = isPartial;
  }
  return 0;
}

function parseTail(text: string | undefined): number | undefined {
  if (text === undefined || text === "all") return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new CntnrError("usage", `--tail "${text}" is neither a number of lines nor all`);
}

const unitMs: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };

/** A time as people write it, in milliseconds since 1970. Throws CntnrError `usage`. */
export function parseSince(text: string, nowMs: number): number {
  if (/^\d+(?:\.\d+)?$/.test(text)) return Number(text) * 1000;
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)([smh])/g)];
  if (parts.length > 0 && parts.map(([part]) => part).join("") === text)
    return parts.reduce((time, [, count, unit]) => time - Number(count) * (unitMs[unit ?? ""] ?? 0), nowMs);
  const time = Date.parse(text);
  if (/^\d{4}-\d{2}-\d{2}/.test(text) && !Number.isNaN(time)) return time;
  throw new CntnrError("usage", `--since "${text}" is no time: RFC 3339, seconds since 1970, or as in 1h30m`);
}
