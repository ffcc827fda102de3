import { nameOf, type Statement } from "./statements.ts";

/** Why something is denied. `quota-exceeded` and `network-full` end when attachments do; nothing else does. */
export type DenialKind =
  | "no-such-network"
  | "no-rule"
  | "not-granted"
  | "malformed"
  | "network-full"
  | "quota-exceeded";

/** The judgement about one aspect of a request. */
export interface Finding {
  /** "attachments", "port 8080/tcp", "address 10.20.0.70". */
  readonly aspect: string;
  readonly verdict: "granted" | DenialKind;
  readonly text: string;
  /** What decided: the rules and their lines; empty when no rule says anything. */
  readonly by: readonly string[];
}

type By = readonly Pick<Statement<unknown>, "rule" | "place">[];

export function granted(aspect: string, text: string, by: By): Finding {
  return { aspect, verdict: "granted", text, by: by.map(nameOf) };
}

export function denied(aspect: string, verdict: DenialKind, text: string, by: By = []): Finding {
  return { aspect, verdict, text, by: by.map(nameOf) };
}
