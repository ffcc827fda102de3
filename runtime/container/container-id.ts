import { randomBytes } from "node:crypto";

/** 64 lower-case hexadecimal digits. */
export type ContainerId = string & { readonly brand: "ContainerId" };

export function newContainerId(): ContainerId {
  return randomBytes(32).toString("hex") as ContainerId;
}

export function isContainerId(text: string): text is ContainerId {
  return /^[a-f0-9]{64}$/.test(text);
}

/** As docker prints ids in lists. */
export function shortId(id: ContainerId): string {
  return id.slice(0, 12);
}
