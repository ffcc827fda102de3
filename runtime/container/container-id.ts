import { randomHex } from "../sys/random.ts";

/** 64 lower-case hexadecimal digits. */
export type ContainerId = string & { readonly brand: "ContainerId" };

/**
 * Its short form, which is the container's host name, has a letter: a name of digits alone is taken for an address, and not looked up
 * (glibc's gethostbyname, getaddrinfo). One id of 280 would be such a one.
 */
export function newContainerId(): ContainerId {
  for (;;) {
    const id = randomHex(32) as ContainerId;
    if (/[a-f]/.test(shortId(id))) return id;
  }
}

export function isContainerId(text: string): text is ContainerId {
  return /^[a-f0-9]{64}$/.test(text);
}

/** As docker prints ids in lists. */
export function shortId(id: ContainerId): string {
  return id.slice(0, 12);
}
