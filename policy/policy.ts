import { createHash } from "node:crypto";

/** A number of something, or no limit at all. */
export type Limit = number | "unlimited";

/** A `[network NAME]` section. */
export interface Network {
  readonly name: string;
  /** File name of the CNI configuration list. */
  readonly conflist: string;
  /** Whether what leaves the network gets the host's address. */
  readonly masquerade: boolean;
}

/** Whom a rule is for, by the numbers that the kernel knows. */
export type RuleSubject =
  | { readonly kind: "user"; readonly uid: number }
  | { readonly kind: "group"; readonly gid: number }
  | { readonly kind: "everyone" };

/** An `[allow SUBJECT network:NAME]` section whose subject exists. */
export interface Rule {
  readonly subject: RuleSubject;
  readonly network: string;
  /** The section's head as the admin wrote it: "allow group:devs network:lab". */
  readonly title: string;
  /** File name and line: "10-lab.conf:3". */
  readonly place: string;
  readonly attachments: Limit | undefined;
}

/** Who asks: what the kernel says of the caller. */
export interface Subject {
  readonly uid: number;
  /** The effective group first, then the supplementary ones. */
  readonly gids: readonly number[];
}

/** One whole, consistent state of the admin's rules. */
export interface Policy {
  readonly networks: ReadonlyMap<string, Network>;
  readonly rules: readonly Rule[];
  /** What the admin should know though the policy is in force: subjects that do not exist. */
  readonly warnings: readonly string[];
  /** SHA-256 of the files' names and contents, in hexadecimal; empty for no policy at all. */
  readonly hash: string;
}

/** What holds while there is no good policy (C4, C5): everything is denied. */
export const emptyPolicy: Policy = { networks: new Map(), rules: [], warnings: [], hash: "" };

/** A policy file as it was read. */
export interface PolicySource {
  /** File name, as messages show it. */
  readonly file: string;
  readonly bytes: Buffer;
}

/** Names the content of a policy: the same for the same files. */
export function hashOf(sources: readonly PolicySource[]): string {
  const hash = createHash("sha256");
  for (const { file, bytes } of sources) hash.update(`${file}\0${bytes.length}\0`).update(bytes);
  return hash.digest("hex");
}
