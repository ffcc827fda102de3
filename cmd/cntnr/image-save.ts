import { CntnrError } from "../../runtime/errors/cntnr-error.ts";
import { isTerminal } from "../../runtime/sys/terminal.ts";
import { interruptible } from "../command-line/interruption.ts";
import type { CommandContext } from "./command.ts";
import { engineOf } from "./engine-of.ts";

const standardOutput = 1;

/** `cntnr image save`: images as one tar archive, to a file or to standard output. */
export async function imageSave(context: CommandContext): Promise<number> {
  const { args } = context;
  const { images } = engineOf(context);
  const format = args.value("format") === "oci-archive" ? "oci-archive" : "docker-archive";
  const output = args.value("output");
  if (output === undefined) {
    if (isTerminal(standardOutput))
      throw new CntnrError("usage", "an archive is nothing for a terminal: use -o FILE, or a pipe");
    await images.save(args.positionals, standardOutput, format);
    return 0;
  }
  await interruptible((signal) => images.save(args.positionals, output, format, { signal }));
  return 0;
}
