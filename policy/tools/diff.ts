import { effectiveValue, largestOf, nameOf, rulesFor, statementsOf } from "../decision/statements.ts";
import { dimensions, ruleKeys } from "../dimensions.ts";
import type { Network, Policy, Rule, RuleKey, RuleValues, Subject } from "../policy.ts";
import { inColumns, networkValues } from "./describe.ts";

export type Direction = "gains" | "loses" | "changes";

/** Something that a subject has more or less of with the new policy. */
export interface Change {
  /** "user:alice", "group:devs", "everyone". */
  readonly who: string;
  readonly network: string;
  readonly key: string;
  readonly direction: Direction;
  readonly before: string;
  readonly after: string;
  /** The rules that decided and decide it. */
  readonly byBefore: readonly string[];
  readonly byAfter: readonly string[];
}

/** A setting of a network's section that is another one; a network that is not there has no value. */
export interface NetworkChange {
  readonly network: string;
  readonly key: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

export interface PolicyDiff {
  readonly networks: readonly NetworkChange[];
  readonly subjects: readonly Change[];
}

/** Groups of a user who is named in a rule; empty for one who is unknown. */
export type GroupsOf = (uid: number) => readonly number[];

/**
 * Who gains and who loses what (compares what subjects have, not what the files say): for each user that either policy
 * names with her groups, for a member of each named group who is in no other, and for everyone else.
 */
export function diffPolicies(before: Policy, after: Policy, groupsOf: GroupsOf): PolicyDiff {
  const names = [...new Set([...before.networks.keys(), ...after.networks.keys()])].toSorted();
  return {
    networks: names.flatMap((name) =>
      networkChanges(name, before.networks.get(name), after.networks.get(name)),
    ),
    subjects: probesOf([before, after], groupsOf).flatMap(({ who, subject }) =>
      names.flatMap((network) =>
        subjectChanges(
          { who, network },
          usableRules(before, subject, network),
          usableRules(after, subject, network),
        ),
      ),
    ),
  };
}

function networkChanges(
  name: string,
  before: Network | undefined,
  after: Network | undefined,
): NetworkChange[] {
  const old = new Map(before && networkValues(before));
  const current = new Map(after && networkValues(after));
  return [...new Set([...old.keys(), ...current.keys()])]
    .map((key) => ({ network: name, key, before: old.get(key), after: current.get(key) }))
    .filter((change) => change.before !== change.after);
}

interface Probe {
  readonly who: string;
  readonly subject: Subject;
}

/** A uid that no rule names: the member of a group, or anybody, about whom nothing else is known. */
const noUid = -1;

function probesOf(policies: readonly Policy[], groupsOf: GroupsOf): Probe[] {
  const probes = new Map<string, Probe>();
  for (const { subject, title } of policies.flatMap(({ rules }) => rules)) {
    const who = title.split(" ")[1] ?? title;
    switch (subject.kind) {
      case "user":
        probes.set(`user ${subject.uid}`, {
          who,
          subject: { uid: subject.uid, gids: groupsOf(subject.uid) },
        });
        break;
      case "group":
        probes.set(`group ${subject.gid}`, { who, subject: { uid: noUid, gids: [subject.gid] } });
        break;
      case "everyone":
        probes.set("everyone", { who, subject: { uid: noUid, gids: [] } });
    }
  }
  return [...probes.values()].toSorted((a, b) => (a.who < b.who ? -1 : 1));
}

/** The rules of a subject on a network; none when they do not let it attach, for then nothing else matters. */
function usableRules(policy: Policy, subject: Subject, network: string): Rule[] {
  const rules = rulesFor(policy, subject, network);
  return (largestOf(rules, "attachments")?.value ?? 0) === 0 ? [] : rules;
}

function subjectChanges(
  at: Pick<Change, "who" | "network">,
  before: readonly Rule[],
  after: readonly Rule[],
): Change[] {
  if (before.length > 0 && after.length > 0)
    return ruleKeys
      .flatMap((key) => valueChange(key, before, after) ?? [])
      .map((change) => ({ ...at, ...change }));
  // Who has lost the network has lost everything on it; who is new there has what the rules say.
  const lost = before.length > 0 ? statedChanges("loses", ["attachments"], before) : [];
  return [...lost, ...statedChanges("gains", ruleKeys, after)].map((change) => ({ ...at, ...change }));
}

/** True for what attachments come with anyway. */
function isFallback<Key extends RuleKey>(rules: readonly Rule[], key: Key): boolean {
  const { covers, fallback } = dimensions[key];
  const value: RuleValues[Key] = effectiveValue(rules, key);
  return covers(value, fallback) && covers(fallback, value);
}

type ValueChange = Omit<Change, "who" | "network">;

function statedChanges(
  direction: "gains" | "loses",
  keys: readonly RuleKey[],
  rules: readonly Rule[],
): ValueChange[] {
  const nothing = "-";
  return keys.flatMap((key) => {
    const { by, value } = shownValue(rules, key);
    if (by.length === 0 || isFallback(rules, key)) return [];
    const change =
      direction === "gains"
        ? { before: nothing, after: value, byBefore: [], byAfter: by }
        : { before: value, after: nothing, byBefore: by, byAfter: [] };
    return [{ key: dimensions[key].key, direction, ...change }];
  });
}

function valueChange<Key extends RuleKey>(
  key: Key,
  rulesBefore: readonly Rule[],
  rulesAfter: readonly Rule[],
): ValueChange | undefined {
  const { covers, key: name } = dimensions[key];
  const [old, current] = [effectiveValue(rulesBefore, key), effectiveValue(rulesAfter, key)];
  const direction = directionOf({ isMore: !covers(old, current), isLess: !covers(current, old) });
  if (!direction) return undefined;
  const [before, after] = [shownValue(rulesBefore, key), shownValue(rulesAfter, key)];
  return {
    key: name,
    direction,
    before: before.value,
    after: after.value,
    byBefore: before.by,
    byAfter: after.by,
  };
}

function directionOf({ isMore, isLess }: { isMore: boolean; isLess: boolean }): Direction | undefined {
  if (isMore) return isLess ? "changes" : "gains";
  return isLess ? "loses" : undefined;
}

function shownValue<Key extends RuleKey>(rules: readonly Rule[], key: Key) {
  const value: RuleValues[Key] = effectiveValue(rules, key);
  return { value: dimensions[key].show(value), by: statementsOf(rules, key).map(nameOf) };
}

/** A diff for people. */
export function diffLines({ networks, subjects }: PolicyDiff): string[] {
  if (networks.length === 0 && subjects.length === 0) return ["Nobody gains or loses anything."];
  const networkRows = networks.map(({ network, key, before, after }) => [
    `network ${network}`,
    key,
    `${before ?? "-"} -> ${after ?? "-"}`,
  ]);
  const subjectRows = subjects.map(({ who, network, direction, key, before, after, ...by }) => [
    who,
    direction,
    `network ${network}`,
    key,
    `${before} -> ${after}`,
    by.byAfter.length > 0 ? `by ${by.byAfter.join(", ")}` : `was by ${by.byBefore.join(", ")}`,
  ]);
  return [...inColumns(networkRows, ""), ...inColumns(subjectRows, "")];
}
