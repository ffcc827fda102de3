import { EngineContext } from "../../runtime/engine/context.ts";
import { runAttached, runDetached } from "../../runtime/engine/run-container.ts";
import { interruptible } from "../command-line/interruption.ts";
import { print } from "../command-line/output.ts";
import { parseAttachedStreams, parseAttachFlags } from "./attach-flags.ts";
import type { CommandContext } from "./command.ts";
import { lateProgressPrinter } from "./progress-printer.ts";
import { parseCreateRequest } from "./run-request.ts";

/** `cntnr run` */
export async function run({ args, engineOptions, env }: CommandContext): Promise<number> {
  const outputs = parseAttachedStreams(args);
  const request = parseCreateRequest(args, env);
  const onProgress = lateProgressPrinter();
  const streams = { kind: "own", ...parseAttachFlags(args), outputs } as const;
  const engine = new EngineContext(engineOptions);
  const result = await interruptible(async (signal, release) =>
    args.has("detach")
      ? { kind: "detached" as const, ...(await runDetached(engine, request, { onProgress, signal })) }
      : // From when it is made signals are the container's.
        runAttached(engine, request, streams, { onProgress, signal, onMade: release }),
  );
  if (result.kind === "ended") return result.exitCode;
  if (result.kind === "detached") print(`${result.id}\n`);
  return 0;
}
