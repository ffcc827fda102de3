import { familiarName, splitName } from "../../runtime/image/reference.ts";
import { interruptible } from "../command-line/interruption.ts";
import { print, printError } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { engineOf } from "./engine-of.ts";
import { progressPrinter } from "./progress-printer.ts";
import { parseTlsVerify } from "./tls-verify.ts";

/** `cntnr image push IMAGE [DESTINATION]`: to the registry that its name says, or to another name or transport. */
export async function imagePush(context: CommandContext): Promise<number> {
  const { args } = context;
  const [source = "", destination] = args.positionals;
  const isQuiet = args.has("quiet");
  const tlsVerify = parseTlsVerify(args);
  const { digest, sizeBytes, ...pushed } = await interruptible((signal) =>
    engineOf(context).images.push(source, destination, {
      ...(isQuiet
        ? {}
        : {
            onDestination: (place) => printError(`The push refers to ${place}\n`),
            onProgress: progressPrinter(),
          }),
      ...(tlsVerify === undefined ? {} : { tlsVerify }),
      signal,
    }),
  );
  const name = pushed.destination.replace(/^docker:\/\//, "");
  if (isQuiet) print(`${name}\n`);
  else print(`${splitName(name).tag || familiarName(name)}: digest: ${digest} size: ${sizeBytes}\n`);
  return 0;
}
