import type { IsolationDomain } from "../decision/isolation.ts";
import { showPorts } from "../dimensions.ts";
import type { Network, Subject } from "../policy.ts";

/** "alice (uid 1000, groups 1000 2000)" */
export function describeSubject(name: string, { uid, gids }: Subject): string {
  return `${name} (uid ${uid}, groups ${gids.join(" ")})`;
}

/** Whom an attachment can talk to, in words. */
export function describeIsolation(domain: IsolationDomain): string {
  switch (domain.kind) {
    case "alone":
      return "no other attachment";
    case "user":
      return `the attachments of uid ${domain.uid}`;
    case "group":
      return `the attachments of group ${domain.gid}`;
    case "open":
      return "all attachments";
  }
}

/** What a network's section says, defaults included, as it would stand there. */
export function networkValues(network: Network): readonly (readonly [key: string, value: string])[] {
  const { hostAccess, egress } = network;
  return [
    ["conflist", network.conflist],
    ["attachments", String(network.attachments)],
    ["isolation", network.isolation],
    ["host-access", typeof hostAccess === "string" ? hostAccess : hostAccess.map(showPorts).join(", ")],
    ["egress", typeof egress === "string" ? egress : egress.join(", ")],
    ["masquerade", network.masquerade ? "yes" : "no"],
  ];
}

/** Lines with their columns one under another; the last column is as wide as it is. */
export function inColumns(rows: readonly (readonly string[])[], indent = "  "): string[] {
  const widths = rows.reduce<number[]>(
    (widest, row) => row.map((cell, column) => Math.max(cell.length, widest[column] ?? 0)),
    [],
  );
  return rows.map((row) =>
    `${indent}${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd(),
  );
}
