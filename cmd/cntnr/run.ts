import { interruptible } from "../command-line/interruption.ts";
import { print } from "../command-line/output.ts";
import { parseAttachedStreams, parseAttachFlags } from "./attach-flags.ts";
import type { CommandContext } from "./command.ts";
import { engineOf } from "./engine-of.ts";
import { lateProgressPrinter, printRemark } from "./progress-printer.ts";
import { parseCreateRequest } from "./run-request.ts";

/** `cntnr run` */
export async function run(context: CommandContext): Promise<number> {
  const { args, env } = context;
  const engine = engineOf(context);
  const outputs = parseAttachedStreams(args);
  const request = parseCreateRequest(args, env);
  const streams = { kind: "own", ...parseAttachFlags(args), outputs } as const;
  const onProgress = args.has("quiet") ? printRemark : lateProgressPrinter();
  const result = await interruptible(async (signal, release) =>
    args.has("detach")
      ? {
          kind: "detached" as const,
          ...(await engine.containers.runDetached(request, { onProgress, signal })),
        }
      : // From when it is made signals are the container's.
        engine.containers.runAttached(request, streams, { onProgress, signal, onMade: release }),
  );
  if (result.kind === "ended") return result.exitCode;
  if (result.kind === "detached") print(`${result.id}\n`);
  return 0;
}
