import { EngineContext } from "../../runtime/engine/context.ts";
import { runAttached, runDetached } from "../../runtime/engine/run-container.ts";
import { print } from "../command-line/output.ts";
import { parseAttachedStreams, parseAttachFlags } from "./attach-flags.ts";
import type { CommandContext } from "./command.ts";
import { lateProgressPrinter } from "./progress-printer.ts";
import { parseCreateRequest } from "./run-request.ts";

/** `cntnr run` */
export async function run({ args, engineOptions, env }: CommandContext): Promise<number> {
  const outputs = parseAttachedStreams(args);
  const request = parseCreateRequest(args, env);
  const options = { onProgress: lateProgressPrinter() };
  const streams = { kind: "own", ...parseAttachFlags(args), outputs } as const;
  const engine = new EngineContext(engineOptions);
  const result = args.has("detach")
    ? { kind: "detached" as const, ...(await runDetached(engine, request, options)) }
    : await runAttached(engine, request, streams, options);
  if (result.kind === "ended") return result.exitCode;
  if (result.kind === "detached") print(`${result.id}\n`);
  return 0;
}
