import { basename, join } from "node:path";
import { isProblem, requireGoodNetworks } from "../../netd/doctor/policy-networks.ts";
import { resolveAccountNames } from "../../netd/process/account-names.ts";
import { installPolicy } from "../../policy/tools/install.ts";
import { print, printError } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { locationOf } from "./locations.ts";
import { servicePlaces } from "./policy-arguments.ts";

/** `cntnr-netd policy install FILE`: refuses what the service would not load. */
export async function policyInstall({ args }: CommandContext): Promise<number> {
  const [file = ""] = args.positionals;
  const directory = locationOf(args, "policyDir");
  const warnings: string[] = [];
  try {
    const { warnings: ofPolicy } = await installPolicy({
      file,
      directory,
      resolveNames: resolveAccountNames,
      requireGood: async (policy) => {
        warnings.push(...(await requireGoodNetworks(policy, servicePlaces(args))).warnings);
      },
    });
    warnings.unshift(...ofPolicy);
  } catch (error) {
    if (!isProblem(error)) throw error;
    printError(`${error.message}\ncntnr-netd: nothing was installed\n`);
    return 1;
  }
  for (const warning of warnings) printError(`warning: ${warning}\n`);
  print(`${join(directory, basename(file))} is in place; \`cntnr-netd reload\` takes it over.\n`);
  return 0;
}
