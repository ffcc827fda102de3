import { interruptible } from "../command-line/interruption.ts";
import { print } from "../command-line/output.ts";
import { parseAttachedStreams } from "./attach-flags.ts";
import type { CommandContext } from "./command.ts";
import { engineOf } from "./engine-of.ts";
import { lateProgressPrinter, printRemark } from "./progress-printer.ts";
import { parseCreateRequest } from "./run-request.ts";

/** `cntnr create` */
export async function create(context: CommandContext): Promise<number> {
  const { args, env } = context;
  const engine = engineOf(context);
  // It is `start` that attaches.
  parseAttachedStreams(args);
  const request = parseCreateRequest(args, env);
  const onProgress = args.has("quiet") ? printRemark : lateProgressPrinter();
  const { id } = await interruptible((signal) => engine.containers.create(request, { onProgress, signal }));
  print(`${id}\n`);
  return 0;
}
