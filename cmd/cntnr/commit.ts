import { commitContainer } from "../../runtime/container/commit-container.ts";
import { findContainer } from "../../runtime/container/container-store.ts";
import { print, printError } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";

/** `cntnr commit`: prints the id of the new image. */
export async function commit({ args, directories }: CommandContext): Promise<number> {
  const [container = "", name] = args.positionals;
  const [author, message] = [args.value("author"), args.value("message")];
  const image = await commitContainer(directories, findContainer(directories, container), {
    ...(name === undefined ? {} : { name }),
    ...(author === undefined ? {} : { author }),
    ...(message === undefined ? {} : { message }),
    changes: args.values("change"),
    compression: parseCompression(args.value("compression")),
    pauses: args.value("pause") !== "false",
    onRemark: (text) => printError(`cntnr: ${text}\n`),
  });
  print(`${image.id}\n`);
  return 0;
}

function parseCompression(text: string | undefined): "none" | "gzip" | "zstd" {
  return text === "gzip" || text === "zstd" ? text : "none";
}
