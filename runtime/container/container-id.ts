import { randomHex } from "../sys/random.ts";

/** 64 lower-case hexadecimal digits. */
export type ContainerId = string & { readonly brand: "ContainerId" };

export function newContainerId(): ContainerId {
  return randomHex(32) as ContainerId;
}

export function isContainerId(text: string): text is ContainerId {
  return /^[a-f0-9]{64}$/.test(text);
}

/** As docker prints ids in lists. */
export function shortId(id: ContainerId): string {
  return id.slice(0, 12);
}
