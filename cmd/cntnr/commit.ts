import { interruptible } from "../command-line/interruption.ts";
import { print } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { engineOf } from "./engine-of.ts";

/** `cntnr commit`: prints the id of the new image. */
export async function commit(context: CommandContext): Promise<number> {
  const { args } = context;
  const engine = engineOf(context);
  const [container = "", name] = args.positionals;
  const [author, message] = [args.value("author"), args.value("message")];
  const image = await interruptible((signal) =>
    engine.containers.commit(container, {
      ...(name === undefined ? {} : { name }),
      ...(author === undefined ? {} : { author }),
      ...(message === undefined ? {} : { message }),
      changes: args.values("change"),
      compression: parseCompression(args.value("compression")),
      pauses: args.value("pause") !== "false",
      signal,
    }),
  );
  print(`${image.id}\n`);
  return 0;
}

function parseCompression(text: string | undefined): "none" | "gzip" | "zstd" {
  return text === "gzip" || text === "zstd" ? text : "none";
}
