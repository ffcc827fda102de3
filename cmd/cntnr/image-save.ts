import { closeSync, fsyncSync, openSync, renameSync, rmSync } from "node:fs";
import { CntnrError, reasonOf } from "../../runtime/errors/cntnr-error.ts";
import { saveImages } from "../../runtime/image/save-images.ts";
import { locateImage } from "../../runtime/image/shared-image.ts";
import { isTerminal } from "../../runtime/sys/terminal.ts";
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
  // Beside it, so that nobody takes half an archive for a whole one.
  const temporary = `${output}.${process.pid}.new`;
  const fd = openNew(temporary);
  try {
    await saveImages(directories, images, fd, format);
    fsyncSync(fd);
    renameSync(temporary, output);
  } finally {
    closeSync(fd);
    rmSync(temporary, { force: true });
  }
  return 0;
}

function openNew(path: string): number {
  try {
    return openSync(path, "wx", 0o666);
  } catch (error) {
    throw new CntnrError("usage", `cannot write ${path}: ${reasonOf(error)}`, { cause: error });
  }
}
