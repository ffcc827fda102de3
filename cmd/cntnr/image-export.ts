import { CntnrError } from "../../runtime/errors/cntnr-error.ts";
import { interruptible } from "../command-line/interruption.ts";
import { print } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { engineOf } from "./engine-of.ts";
import { progressPrinter } from "./progress-printer.ts";

/** `cntnr image export IMAGE DESTINATION`: to a file or directory; prints the digest that it has there. */
export async function imageExport(context: CommandContext): Promise<number> {
  const [source = "", destination = ""] = context.args.positionals;
  if (!/^(?:oci|oci-archive|docker-archive|dir|docker):./.test(destination))
    throw new CntnrError(
      "usage",
      `"${destination}" is no destination: oci:DIRECTORY:TAG, oci-archive:FILE, docker-archive:FILE or dir:DIRECTORY`,
    );
  const digest = await interruptible((signal) =>
    engineOf(context).images.copyTo(source, destination, { onProgress: progressPrinter(), signal }),
  );
  print(`${digest}\n`);
  return 0;
}
