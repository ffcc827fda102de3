import { join } from "node:path";
import { parseConflist } from "../../netd/cni/conflist.ts";
import { PolicyError } from "../../policy/grammar/problem.ts";
import type { Policy } from "../../policy/policy.ts";
import { readTrustedFile } from "../../policy/trusted-file.ts";
import { print, printError } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { locationOf } from "./locations.ts";
import { policyIn, policyOf } from "./policy-arguments.ts";

/** `cntnr-netd policy check`: like `visudo -c`. Every problem on a line of its own, as compilers print them. */
export async function policyCheck({ args }: CommandContext): Promise<number> {
  const files = args.positionals;
  const policy = await (files.length > 0 ? policyIn(files) : policyInForce(args)).catch(problemsOf);
  if (policy instanceof PolicyError) {
    printError(`${policy.message}\n`);
    return 1;
  }
  const { networks, rules, warnings } = policy;
  for (const warning of warnings) printError(`warning: ${warning}\n`);
  print(`The policy is good: ${counted(networks.size, "network")}, ${counted(rules.length, "rule")}.\n`);
  return 0;
}

/** With the CNI configurations that it names. Their plugins are tried by the service alone, when it loads them. */
async function policyInForce(args: CommandContext["args"]): Promise<Policy> {
  const policy = await policyOf(args);
  for (const { conflist } of policy.networks.values()) {
    const path = join(locationOf(args, "conflistDir"), conflist);
    parseConflist((await readTrustedFile(path)).toString("utf8"), path);
  }
  return policy;
}

function problemsOf(error: unknown): PolicyError {
  if (error instanceof PolicyError) return error;
  throw error;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
