import { lookUpSubject } from "../../netd/process/account-names.ts";
import { PolicyError } from "../../policy/grammar/problem.ts";
import type { Subject } from "../../policy/policy.ts";
import { parseRequests, type SimulatedDecision, simulate } from "../../policy/tools/simulate.ts";
import { readDraft } from "../../policy/trusted-file.ts";
import { print } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { policyOf } from "./policy-arguments.ts";

/** Some hundred thousand requests. */
const mostRequestBytes = 64 * 1024 * 1024;

/** `cntnr-netd policy simulate FILE`: 1 when a line is decided otherwise than it expects. */
export async function policySimulate({ args }: CommandContext): Promise<number> {
  const [file = ""] = args.positionals;
  const { requests, problems } = parseRequests(file, readDraft(file, mostRequestBytes).toString("utf8"));
  if (problems.length > 0) throw new PolicyError(problems);
  const users = new Map<string, Subject>();
  for (const { asker } of requests) {
    if (!("name" in asker) || users.has(asker.name)) continue;
    const subject = await lookUpSubject(asker.name);
    if (subject) users.set(asker.name, subject);
  }
  const decisions = simulate(await policyOf(args), requests, (name) => users.get(name));
  for (const decision of decisions)
    print(`${args.has("json") ? JSON.stringify({ file, ...decision }) : lineOf(file, decision)}\n`);
  return decisions.every(({ isAsExpected }) => isAsExpected) ? 0 : 1;
}

function lineOf(file: string, { line, who, network, outcome, why, isAsExpected }: SimulatedDecision): string {
  const note = isAsExpected ? "" : " (NOT AS EXPECTED)";
  return `${file}:${line}: ${outcome}${note}: ${who} on ${network}: ${why}`;
}
