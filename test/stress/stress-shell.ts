import type { CommandResult } from "../../runtime/process/run-command.ts";
import type { TestHost } from "../fixtures/test-host.ts";
import type { TestUser } from "../fixtures/users.ts";
import { complaintAbout } from "./judgement.ts";
import { type Operation, type OperationContext, operationKinds } from "./operations.ts";
import type { SeededRandom } from "./random.ts";

/** A user of the stress: what all shells of his share. */
export interface StressUser {
  readonly user: TestUser;
  readonly hasNetwork: boolean;
  /** Names that his shells have given to containers: those that went on when last heard of, and others. */
  readonly lasting: string[];
  readonly passing: string[];
}

/** What all shells count together. */
export interface StressTally {
  /** Containers that are still to be made. */
  containersLeft: number;
  /** Operations that have begun. */
  started: number;
  readonly doneByKind: Map<string, number>;
  readonly failedByKind: Map<string, number>;
  readonly complaints: string[];
}

const patienceMs = 240_000;

/** Does one thing after the other as a user, until enough containers are made. */
export async function runStressShell(
  host: TestHost,
  label: string,
  { user, hasNetwork, lasting, passing }: StressUser,
  env: Readonly<Record<string, string>>,
  random: SeededRandom,
  tally: StressTally,
): Promise<void> {
  for (let step = 0; tally.containersLeft > 0; step++) {
    const fresh = `${label}-${step}`;
    const context: OperationContext = {
      random,
      container: random.pick((random.isLucky(0.8) ? lasting : passing).slice(-6)) ?? "nobody",
      fresh,
      hasNetwork,
    };
    const kind = random.weighted(operationKinds);
    if (!kind) return;
    const operation = kind.plan(context);
    if (operation.makes) {
      tally.containersLeft--;
      if (operation.makes === "passing") passing.push(fresh);
    }
    if (operation.removes !== undefined)
      for (const names of [lasting, passing]) forget(names, operation.removes);
    tally.started++;
    const result = await run(host, user, operation, env);
    count(tally.doneByKind, kind.name);
    if (result.exitCode !== 0) count(tally.failedByKind, kind.name);
    else if (operation.makes === "lasting") lasting.push(fresh);
    const complaint = complaintAbout(operation, result);
    if (complaint !== undefined)
      tally.complaints.push(`${user.name}$ ${operation.line}\n  ${complaint.replaceAll("\n", "\n  ")}`);
  }
}

function forget(names: string[], name: string): void {
  const index = names.indexOf(name);
  if (index >= 0) names.splice(index, 1);
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

function run(
  host: TestHost,
  user: TestUser,
  { line }: Operation,
  env: Readonly<Record<string, string>>,
): Promise<CommandResult> {
  return host.asUser(user, ["sh", "-c", line], { env, timeoutMs: patienceMs });
}
