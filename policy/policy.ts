import { createHash } from "node:crypto";
import type { AddressRange } from "./address/address.ts";

/** A number of something, or no limit at all. */
export type Limit = number | "unlimited";

export type Protocol = "tcp" | "udp" | "sctp";

/** Ports of one protocol, both ends included. */
export interface PortRange {
  readonly protocol: Protocol;
  readonly first: number;
  readonly last: number;
}

/** Whom an attachment can talk to on its own network: nobody, its user's others, its group's, all. */
export type Isolation = "alone" | "user" | "group" | "open";

/** A `[network NAME]` section. Plain data: it can be journaled and sent. */
export interface Network {
  readonly name: string;
  /** File name of the CNI configuration list. */
  readonly conflist: string;
  /** Most attachments of all users together. */
  readonly attachments: number;
  readonly isolation: Isolation;
  /** The host's own services that containers reach. */
  readonly hostAccess: "none" | "all" | readonly PortRange[];
  /** Destinations outside of the network that containers reach; prefixes in canonical form. */
  readonly egress: "none" | "any" | readonly string[];
  /** Whether what leaves the network gets the host's address. */
  readonly masquerade: boolean;
  /** File name and line of the section. */
  readonly place: string;
}

/** Whom a rule is for, by the numbers that the kernel knows. */
export type RuleSubject =
  | { readonly kind: "user"; readonly uid: number }
  | { readonly kind: "group"; readonly gid: number }
  | { readonly kind: "everyone" };

/** Ports of the host that may be published, and the host's addresses that this is said of. */
export interface Publication {
  readonly ports: readonly PortRange[];
  readonly hostIps: "any" | readonly AddressRange[];
}

/** What a rule can grant. Everything that it does not mention it leaves to less specific rules. */
export interface RuleValues {
  readonly attachments: Limit;
  readonly addresses: Limit;
  /** Ports of the host that are published at one time. */
  readonly publishedPorts: Limit;
  readonly staticIps: readonly AddressRange[];
  readonly mac: "auto" | "chosen";
  /** One for each rule that gives ports. */
  readonly publish: readonly Publication[];
  /** Bits in a second, towards the container. */
  readonly bandwidthIn: Limit;
  /** Bits in a second, from the container. */
  readonly bandwidthOut: Limit;
  /** Entries of the connection tracking of one attachment. */
  readonly connections: Limit;
  readonly nested: boolean;
  readonly names: boolean;
}

export type RuleKey = keyof RuleValues;

/** A value and the line that states it: "10-lab.conf:4". */
export interface Stated<Value> {
  readonly value: Value;
  readonly place: string;
}

export type StatedValues = { readonly [Key in RuleKey]?: Stated<RuleValues[Key]> };

/** An `[allow SUBJECT network:NAME]` section whose subject exists. */
export interface Rule {
  readonly subject: RuleSubject;
  readonly network: string;
  /** The section's head as the admin wrote it: "allow group:devs network:lab". */
  readonly title: string;
  /** File name and line of the section. */
  readonly place: string;
  readonly values: StatedValues;
}

/** Who asks: what the kernel says of the caller. */
export interface Subject {
  readonly uid: number;
  /** The effective group first, then the supplementary ones. */
  readonly gids: readonly number[];
}

/** An account name of a rule and the number that it stands for (C11). */
export interface Account {
  /** "user:alice" */
  readonly name: string;
  /** Undefined while there is no such account. */
  readonly id: number | undefined;
}

/** One whole, consistent state of the admin's rules. */
export interface Policy {
  readonly networks: ReadonlyMap<string, Network>;
  readonly rules: readonly Rule[];
  readonly accounts: readonly Account[];
  /** What the admin should know though the policy is in force: subjects that do not exist, rules without effect. */
  readonly warnings: readonly string[];
  /** SHA-256 of the files' names and contents, in hexadecimal; empty for no policy at all. */
  readonly hash: string;
  /** The files that it was made of. */
  readonly sources: readonly PolicySource[];
}

/** What holds while there is no good policy (C4, C5): everything is denied. */
export const emptyPolicy: Policy = {
  networks: new Map(),
  rules: [],
  accounts: [],
  warnings: [],
  hash: "",
  sources: [],
};

/** A policy file as it was read. */
export interface PolicySource {
  /** File name, as messages show it. */
  readonly file: string;
  readonly bytes: Buffer;
}

/** What has become of the accounts that rules name: a line each (C11). A number that is used again is somebody else. */
export function accountChanges(before: Policy, after: Policy): string[] {
  const known = new Map(before.accounts.map(({ name, id }) => [name, id]));
  return after.accounts
    .filter(({ name, id }) => known.has(name) && known.get(name) !== id)
    .map(({ name, id }) => `${name} was ${describeId(known.get(name))} and is now ${describeId(id)}`);
}

function describeId(id: number | undefined): string {
  return id === undefined ? "nobody" : String(id);
}

/** Names the content of a policy: the same for the same files. */
export function hashOf(sources: readonly PolicySource[]): string {
  const hash = createHash("sha256");
  for (const { file, bytes } of sources) hash.update(`${file}\0${bytes.length}\0`).update(bytes);
  return hash.digest("hex");
}
