import { join } from "node:path";
import type { AttachmentPlan } from "../../netd/contract/plan.ts";
import { readJournal } from "../../netd/journal/read-journal.ts";
import { lookUpSubject } from "../../netd/process/account-names.ts";
import type { Subject } from "../../policy/policy.ts";
import { diffLines, diffPolicies } from "../../policy/tools/diff.ts";
import { type RefusedNow, refusedNow } from "../../policy/tools/live.ts";
import { print } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { locationOf } from "./locations.ts";
import { policyIn } from "./policy-arguments.ts";

/** `cntnr-netd policy diff OLD NEW` */
export async function policyDiff({ args }: CommandContext): Promise<number> {
  const [oldPath = "", newPath = ""] = args.positionals;
  const before = await policyIn([oldPath]);
  const after = await policyIn([newPath]);
  const records = args.has("live") ? readJournal(join(locationOf(args, "runDir"), "journal.db")) : [];
  const named = [before, after].flatMap(({ rules }) =>
    rules.flatMap(({ subject }) => (subject.kind === "user" ? [subject.uid] : [])),
  );
  const users = await subjectsOf([...named, ...records.map(({ uid }) => uid)]);
  const subjectOf = (uid: number): Subject => users.get(uid) ?? { uid, gids: [] };
  const diff = diffPolicies(before, after, (uid) => subjectOf(uid).gids);
  const live = records.map(({ id, uid, plan }) => ({
    id,
    who: `uid ${uid}`,
    subject: subjectOf(uid),
    request: requestOf(plan),
  }));
  const refused = refusedNow(after, live);
  if (args.has("json")) print(`${JSON.stringify({ ...diff, ...(args.has("live") ? { refused } : {}) })}\n`);
  else print(`${[...diffLines(diff), ...(args.has("live") ? refusedLines(refused) : [])].join("\n")}\n`);
  return 0;
}

/** What an attachment was asked for, as far as its plan tells. */
function requestOf({ network, staticIps, mac, ports, callerDepth, namespaceDepth }: AttachmentPlan) {
  return {
    network,
    staticIps,
    mac: mac === "" ? undefined : mac,
    ports: ports.map(({ hostIp, ...port }) => ({ hostIp: hostIp === "" ? undefined : hostIp, ...port })),
    callerDepth,
    namespaceDepth,
  };
}

async function subjectsOf(uids: readonly number[]): Promise<ReadonlyMap<number, Subject>> {
  const found = new Map<number, Subject>();
  for (const uid of new Set(uids)) {
    const subject = await lookUpSubject(String(uid));
    if (subject) found.set(uid, subject);
  }
  return found;
}

function refusedLines(refused: readonly RefusedNow[]): string[] {
  if (refused.length === 0) return ["", "All attachments that there are now would be allowed again."];
  return [
    "",
    "Attachments that there are now, and that would be refused (they stay):",
    ...refused.map(({ id, who, network, reason }) => `  ${id}  ${who}  network ${network}  ${reason}`),
  ];
}
