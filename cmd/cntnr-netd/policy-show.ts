import { grantsOf } from "../../policy/decide.ts";
import { show } from "../../policy/tools/show.ts";
import { print } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { policyOf, userOf } from "./policy-arguments.ts";

/** `cntnr-netd policy show`: like `sudo -l`. */
export async function policyShow({ args }: CommandContext): Promise<number> {
  const { name, subject } = await userOf(args);
  const policy = await policyOf(args);
  if (args.has("json")) print(`${JSON.stringify(grantsOf(policy, subject))}\n`);
  else print(`${show(policy, name, subject).join("\n")}\n`);
  return 0;
}
