import { parsePlatform } from "../../runtime/image/wanted-platform.ts";
import { interruptible } from "../command-line/interruption.ts";
import { print } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { forEachName } from "./each-name.ts";
import { engineOf } from "./engine-of.ts";
import { progressPrinter } from "./progress-printer.ts";
import { parseTlsVerify } from "./tls-verify.ts";

/** `cntnr image pull`: prints the id of each image. */
export function imagePull(context: CommandContext): Promise<number> {
  const { args } = context;
  const engine = engineOf(context);
  const tlsVerify = parseTlsVerify(args);
  const wanted = args.value("platform");
  const platform = wanted === undefined ? {} : { platform: parsePlatform(wanted) };
  return interruptible((signal) =>
    forEachName(args.positionals, async (name) => {
      const image = await engine.images.pull(name, {
        ...(args.has("quiet") ? {} : { onProgress: progressPrinter() }),
        ...(tlsVerify === undefined ? {} : { tlsVerify }),
        ...platform,
        signal,
      });
      print(`${image.id}\n`);
    }),
  );
}
