import { closeSync, constants, fstatSync, openSync, readSync, statSync, writeSync } from "node:fs";
import { readDraft } from "../../policy/trusted-file.ts";
import type { ChainHead } from "./audit-line.ts";

/**
 * The end of the chain, in a small file beside the log: by it a log that begins anew after a rotation goes on with the
 * chain, and lines that somebody took from the log's end are missed. Always of the same length, so that writing it needs
 * no room on a full disk.
 */
export class HeadFile implements Disposable {
  readonly #fd: number;
  readonly #inode: number;

  constructor(private readonly path: string) {
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    this.#fd = openSync(path, flags, 0o640);
    this.#inode = fstatSync(this.#fd).ino;
  }

  /** Whether its name leads to another file by now, or to none. */
  isReplaced(): boolean {
    return statSync(this.path, { throwIfNoEntry: false })?.ino !== this.#inode;
  }

  /** Undefined when nothing, or nothing sensible, is remembered. */
  load(): ChainHead | undefined {
    const bytes = Buffer.alloc(256);
    return parseHead(bytes.toString("latin1", 0, readSync(this.#fd, bytes, 0, bytes.length, 0)));
  }

  store(head: ChainHead): void {
    writeSync(this.#fd, `${String(head.seq).padStart(16)} ${head.hash}\n`, 0);
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}

export function headPathOf(logPath: string): string {
  return `${logPath}.head`;
}

/** The remembered end of a log's chain, for readers; undefined when nothing sensible is there. Throws when the file cannot be read. */
export function readHead(logPath: string): ChainHead | undefined {
  return parseHead(readDraft(headPathOf(logPath)).toString("latin1"));
}

/** What somebody has put behind it stays there, and means nothing. */
function parseHead(text: string): ChainHead | undefined {
  const [, seq, hash] = /^ *(\d{1,15}) ([0-9a-f]{64})\n/.exec(text) ?? [];
  return seq === undefined || hash === undefined ? undefined : { seq: Number(seq), hash };
}
