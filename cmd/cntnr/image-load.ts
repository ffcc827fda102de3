import { loadImages } from "../../runtime/image/load-images.ts";
import { familiarName } from "../../runtime/image/reference.ts";
import { interruptible } from "../command-line/interruption.ts";
import { print } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { progressPrinter } from "./progress-printer.ts";

/** `cntnr image load`: all images of an archive, from a file or from standard input. */
export async function imageLoad({ args, directories, imagePolicy }: CommandContext): Promise<number> {
  const images = await interruptible((signal) =>
    loadImages(directories, args.value("input") ?? "-", {
      ...(args.has("quiet") ? {} : { onProgress: progressPrinter() }),
      ...(imagePolicy === undefined ? {} : { imagePolicy }),
      signal,
    }),
  );
  for (const { name, id } of images)
    print(name === "" ? `Loaded image ID: ${id}\n` : `Loaded image: ${familiarName(name)}\n`);
  return 0;
}
