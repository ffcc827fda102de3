import type { Network, Rule, Subject } from "../policy.ts";

/** The attachments of one network that can talk to each other: those whose domains are equal, unless alone. */
export type IsolationDomain =
  | { readonly kind: "alone" }
  | { readonly kind: "user"; readonly uid: number }
  | { readonly kind: "group"; readonly gid: number }
  | { readonly kind: "open" };

/**
 * Whom an attachment can talk to on its network. By group: the caller's effective group (which newgrp(1) chooses) if a
 * rule lets that group in, else the one with the lowest number of those that do; whom no group lets in is among the own.
 */
export function isolationDomain(network: Network, subject: Subject, rules: readonly Rule[]): IsolationDomain {
  switch (network.isolation) {
    case "alone":
      return { kind: "alone" };
    case "open":
      return { kind: "open" };
    case "user":
      return { kind: "user", uid: subject.uid };
    case "group": {
      const gids = rules.flatMap((rule) => (rule.subject.kind === "group" ? [rule.subject.gid] : []));
      const [effective] = subject.gids;
      if (effective !== undefined && gids.includes(effective)) return { kind: "group", gid: effective };
      return gids.length > 0 ? { kind: "group", gid: Math.min(...gids) } : { kind: "user", uid: subject.uid };
    }
  }
}
