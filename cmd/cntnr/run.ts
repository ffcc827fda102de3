import type { ContainerId } from "../../runtime/container/container-id.ts";
import { EngineContext } from "../../runtime/engine/context.ts";
import { runAttached, runDetached } from "../../runtime/engine/run-container.ts";
import { Interrupted, interruptible } from "../command-line/interruption.ts";
import { print } from "../command-line/output.ts";
import { parseAttachedStreams, parseAttachFlags } from "./attach-flags.ts";
import type { CommandContext } from "./command.ts";
import { lateProgressPrinter } from "./progress-printer.ts";
import { parseCreateRequest } from "./run-request.ts";

/** `cntnr run`: as with docker, a container that cannot be started stays, and with -d its id is printed all the same. */
export async function run({ args, engineOptions, env }: CommandContext): Promise<number> {
  const outputs = parseAttachedStreams(args);
  const request = parseCreateRequest(args, env);
  const streams = { kind: "own", ...parseAttachFlags(args), outputs } as const;
  const options = { onProgress: lateProgressPrinter(), unstarted: "keep" } as const;
  const engine = new EngineContext(engineOptions);
  let made: ContainerId | undefined;
  const result = await interruptible(async (signal, release) => {
    if (!args.has("detach"))
      // From when it is made signals are the container's.
      return runAttached(engine, request, streams, { ...options, signal, onMade: release });
    const onMade = (id: ContainerId) => {
      made = id;
    };
    return {
      kind: "detached" as const,
      ...(await runDetached(engine, request, { ...options, signal, onMade })),
    };
  }).catch((error) => {
    if (made !== undefined && !request.autoRemove && !(error instanceof Interrupted)) print(`${made}\n`);
    throw error;
  });
  if (result.kind === "ended") return result.exitCode;
  if (result.kind === "detached") print(`${result.id}\n`);
  return 0;
}
