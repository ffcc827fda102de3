import type { LogEntry } from "../../runtime/container/container-log.ts";
import { CntnrError } from "../../runtime/errors/cntnr-error.ts";
import { print, printErrorBytes } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { engineOf } from "./engine-of.ts";
import { parseTime } from "./since.ts";

/** `cntnr logs` */
export async function logs(context: CommandContext): Promise<number> {
  const { args } = context;
  const engine = engineOf(context);
  const tail = parseTail(args.value("tail"));
  const [since, until] = [args.value("since"), args.value("until")];
  const batches = engine.containers.logBatches(args.positionals[0] ?? "", {
    follow: args.has("follow"),
    ...(tail === undefined ? {} : { tail }),
    ...(since === undefined ? {} : { sinceMs: parseTime("--since", since, Date.now()) }),
    ...(until === undefined ? {} : { untilMs: parseTime("--until", until, Date.now()) }),
  });
  const withTime = args.has("timestamps");
  const isMidLine = { stdout: false, stderr: false };
  for await (const entries of batches) {
    let pending: Uint8Array[] = [];
    for (const [index, { time, stream, text, isPartial }] of entries.entries()) {
      if (withTime && !isMidLine[stream]) pending.push(Buffer.from(`${time} `));
      pending.push(text, isPartial ? nothing : newline);
      isMidLine[stream] = isPartial;
      if (entries[index + 1]?.stream === stream) continue;
      printTo(stream, Buffer.concat(pending));
      pending = [];
    }
  }
  return 0;
}

const nothing = Buffer.alloc(0);
const newline = Buffer.from("\n");

function printTo(stream: LogEntry["stream"], bytes: Uint8Array): void {
  if (stream === "stdout") print(bytes);
  else printErrorBytes(bytes);
}

function parseTail(text: string | undefined): number | undefined {
  if (text === undefined || text === "all") return undefined;
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new CntnrError("usage", `--tail "${text}" is neither a number of lines nor all`);
}
