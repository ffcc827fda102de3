import { basename, join } from "node:path";
import { resolveAccountNames } from "../../netd/process/account-names.ts";
import { installPolicy } from "../../policy/tools/install.ts";
import { print, printError } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { locationOf } from "./locations.ts";

/** `cntnr-netd policy install FILE` */
export async function policyInstall({ args }: CommandContext): Promise<number> {
  const [file = ""] = args.positionals;
  const directory = locationOf(args, "policyDir");
  const { warnings } = await installPolicy({ file, directory, resolveNames: resolveAccountNames });
  for (const warning of warnings) printError(`warning: ${warning}\n`);
  print(`${join(directory, basename(file))} is in place; the service takes it over with SIGHUP.\n`);
  return 0;
}
