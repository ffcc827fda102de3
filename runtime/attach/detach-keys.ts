import { CntnrError } from "../errors/cntnr-error.ts";

/** Docker's. */
export const defaultDetachKeys = "ctrl-p,ctrl-q";

/**
 * `--detach-keys`: letters, or ctrl- with a letter, @, [, ], ^, _ or a backslash, with commas in between. Empty: none.
 * Returns what a terminal sends for them. Throws CntnrError `usage`.
 */
export function parseDetachKeys(text: string): Uint8Array {
  if (text === "") return new Uint8Array();
  return Uint8Array.from(text.split(","), (key) => {
    const control = /^ctrl-([a-z@[\\\]^_])$/i.exec(key)?.[1];
    // What Ctrl does to a character: it clears all but the last five bits.
    if (control !== undefined) return control.toUpperCase().charCodeAt(0) & 0x1f;
    if (/^[\x20-\x7e]$/.test(key)) return key.charCodeAt(0);
    throw new CntnrError(
      "usage",
      `--detach-keys "${text}": "${key}" is neither a character nor ctrl- and a letter`,
    );
  });
}

export interface FilteredKeys {
  /** What goes to the container. */
  readonly keys: Uint8Array;
  readonly isDetached: boolean;
}

/** Looks for the detach keys in what is typed. Keys that may begin them are held back until it is known. */
export class DetachFilter {
  readonly #held: number[] = [];

  constructor(private readonly sequence: Uint8Array) {}

  filter(typed: Uint8Array): FilteredKeys {
    const [first] = this.sequence;
    if (first === undefined || (this.#held.length === 0 && !typed.includes(first)))
      return { keys: typed, isDetached: false };
    const keys: number[] = [];
    for (const key of typed) {
      this.#held.push(key);
      while (!this.#mayBegin()) keys.push(...this.#held.splice(0, 1));
      if (this.#held.length === this.sequence.length)
        return { keys: Uint8Array.from(keys), isDetached: true };
    }
    return { keys: Uint8Array.from(keys), isDetached: false };
  }

  #mayBegin(): boolean {
    return this.#held.every((key, index) => key === this.sequence[index]);
  }
}
