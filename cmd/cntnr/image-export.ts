import { CntnrError } from "../../runtime/errors/cntnr-error.ts";
import { copyOut } from "../../runtime/image/copy-out.ts";
import { locateImage } from "../../runtime/image/shared-image.ts";
import { interruptible } from "../command-line/interruption.ts";
import { print } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { progressPrinter } from "./progress-printer.ts";

/** `cntnr image export IMAGE DESTINATION`: to a file or directory; prints the digest that it has there. */
export async function imageExport({ args, directories, imagePolicy }: CommandContext): Promise<number> {
  const [source = "", destination = ""] = args.positionals;
  const found = locateImage(directories, source);
  if (!/^(?:oci|oci-archive|docker-archive|dir|docker):./.test(destination))
    throw new CntnrError(
      "usage",
      `"${destination}" is no destination: oci:DIRECTORY:TAG, oci-archive:FILE, docker-archive:FILE or dir:DIRECTORY`,
    );
  const digest = await interruptible((signal) =>
    copyOut(directories, found, destination, {
      onProgress: progressPrinter(),
      ...(imagePolicy === undefined ? {} : { imagePolicy }),
      signal,
    }),
  );
  print(`${digest}\n`);
  return 0;
}
