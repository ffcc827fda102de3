import { parseAttachFlags } from "./attach-flags.ts";
import type { CommandContext } from "./command.ts";
import { engineOf } from "./engine-of.ts";

/** `cntnr attach`: its exit code is the container's, unless the detach keys leave it running. */
export async function attach(context: CommandContext): Promise<number> {
  const { args } = context;
  const engine = engineOf(context);
  const stdin = args.has("no-stdin") ? "keep" : "pass";
  const streams = { kind: "own", ...parseAttachFlags(args), stdin } as const;
  const end = await engine.containers.attach(args.positionals[0] ?? "", streams);
  return end.kind === "left" ? 0 : end.exitCode;
}
