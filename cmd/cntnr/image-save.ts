import { CntnrError } from "../../runtime/errors/cntnr-error.ts";
import { saveImages, saveImagesTo } from "../../runtime/image/save-images.ts";
import { locateImage } from "../../runtime/image/shared-image.ts";
import { isTerminal } from "../../runtime/sys/terminal.ts";
import { interruptible } from "../command-line/interruption.ts";
import type { CommandContext } from "./command.ts";

/** `cntnr image save`: images as one tar archive, to a file or to standard output. */
export async function imageSave({ args, directories }: CommandContext): Promise<number> {
  const images = args.positionals.map((name) => locateImage(directories, name));
  const format = args.value("format") === "oci-archive" ? "oci-archive" : "docker-archive";
  const output = args.value("output");
  if (output === undefined) {
    if (isTerminal(1))
      throw new CntnrError("usage", "an archive is nothing for a terminal: use -o FILE, or a pipe");
    await saveImages(directories, images, 1, format);
    return 0;
  }
  await interruptible((signal) => saveImagesTo(directories, images, output, format, { signal }));
  return 0;
}
