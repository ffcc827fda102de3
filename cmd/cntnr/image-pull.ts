import { pullImage } from "../../runtime/image/pull-image.ts";
import { parsePlatform } from "../../runtime/image/wanted-platform.ts";
import { interruptible } from "../command-line/interruption.ts";
import { print } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { forEachName } from "./each-name.ts";
import { progressPrinter } from "./progress-printer.ts";
import { parseTlsVerify } from "./tls-verify.ts";

/** `cntnr image pull`: prints the id of each image. */
export function imagePull({ args, directories, imagePolicy }: CommandContext): Promise<number> {
  const tlsVerify = parseTlsVerify(args);
  const wanted = args.value("platform");
  const platform = wanted === undefined ? {} : { platform: parsePlatform(wanted) };
  return interruptible((signal) =>
    forEachName(args.positionals, async (name) => {
      const image = await pullImage(directories, name, {
        ...(args.has("quiet") ? {} : { onProgress: progressPrinter() }),
        ...(imagePolicy === undefined ? {} : { imagePolicy }),
        ...(tlsVerify === undefined ? {} : { tlsVerify }),
        ...platform,
        signal,
      });
      print(`${image.id}\n`);
    }),
  );
}
