import { CntnrError } from "../../runtime/errors/cntnr-error.ts";
import { isTerminal } from "../../runtime/sys/terminal.ts";
import { interruptible } from "../command-line/interruption.ts";
import type { CommandContext } from "./command.ts";
import { engineOf } from "./engine-of.ts";

const standardOutput = 1;

/** `cntnr export`: a container's file system as a tar archive, to a file or to standard output. */
export async function exportFiles(context: CommandContext): Promise<number> {
  const { args } = context;
  const { containers } = engineOf(context);
  const output = args.value("output");
  if (output === undefined && isTerminal(standardOutput))
    throw new CntnrError("usage", "an archive is nothing for a terminal: use -o FILE, or a pipe");
  const [name = ""] = args.positionals;
  await interruptible((signal) => containers.export(name, output ?? standardOutput, { signal }));
  return 0;
}
