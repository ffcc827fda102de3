import { familiarName } from "../../runtime/image/reference.ts";
import { interruptible } from "../command-line/interruption.ts";
import { print } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { engineOf } from "./engine-of.ts";
import { progressPrinter } from "./progress-printer.ts";

/** `cntnr image load`: all images of an archive, from a file or from standard input. */
export async function imageLoad(context: CommandContext): Promise<number> {
  const { args } = context;
  const images = await interruptible((signal) =>
    engineOf(context).images.load(args.value("input") ?? "-", {
      ...(args.has("quiet") ? {} : { onProgress: progressPrinter() }),
      signal,
    }),
  );
  for (const { name, id } of images)
    print(name === "" ? `Loaded image ID: ${id}\n` : `Loaded image: ${familiarName(name)}\n`);
  return 0;
}
