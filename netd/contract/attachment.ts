import type { AttachmentPlan } from "./plan.ts";

/**
 * `attaching`: intended, perhaps half done: after a crash it is undone.
 * `attached`: done. `detaching`: to be undone; tried until it works.
 */
export type AttachmentState = "attaching" | "attached" | "detaching";

/** What tells one network namespace from every other one while it is pinned (N8). */
export interface NetnsIdentity {
  /** Inode number on nsfs. */
  readonly inode: number;
  /** NS_GET_ID in decimal; empty where the kernel has none. */
  readonly id: string;
}

/** An attachment as the front knows it: enough to decide about the next one, and to answer its owner. */
export interface AttachmentFacts {
  readonly id: string;
  readonly state: AttachmentState;
  readonly uid: number;
  readonly idempotencyKey: string;
  readonly netns: NetnsIdentity;
  readonly plan: AttachmentPlan;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly createdAtMs: number;
  /** What the plugins gave it; empty before they have. */
  readonly given: GivenAddresses;
}

export interface GivenAddresses {
  readonly mac: string;
  /** With prefix length, in the order of the result. */
  readonly addresses: readonly string[];
  readonly gateways: readonly string[];
  readonly nameservers: readonly string[];
  readonly searchDomains: readonly string[];
}

export const nothingGiven: GivenAddresses = {
  mac: "",
  addresses: [],
  gateways: [],
  nameservers: [],
  searchDomains: [],
};
