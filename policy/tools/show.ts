import { grantsOf } from "../decide.ts";
import type { Policy, Subject } from "../policy.ts";
import { describeSubject, inColumns, networkValues } from "./describe.ts";

/** Everything that a user may use, each value with the line that decides it: for people. */
export function show(policy: Policy, name: string, subject: Subject): string[] {
  const grants = grantsOf(policy, subject);
  const who = describeSubject(name, subject);
  if (grants.length === 0) return [`${who} may use no network.`];
  return [
    `${who} may use`,
    ...grants.flatMap(({ network, values }) => {
      const section = policy.networks.get(network);
      const ofNetwork = section
        ? networkValues(section).map(([key, value]) => [key, value, section.place])
        : [];
      return [
        "",
        `network ${network}`,
        ...inColumns(values.map(({ key, value, by }) => [key, value, by])),
        ...inColumns(ofNetwork, "    "),
      ];
    }),
  ];
}
