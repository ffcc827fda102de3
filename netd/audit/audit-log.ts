import { randomBytes } from "node:crypto";
import { closeSync, constants, fstatSync, mkdirSync, openSync, writeSync } from "node:fs";
import { dirname } from "node:path";

/** Who asked. `pid` is a hint for the reader, no identity (P1). */
export interface AuditSubject {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  readonly pid: number;
}

/** What one line tells, beside time, boot and sequence number. */
export interface AuditEvent {
  readonly event:
    | "allow"
    | "deny"
    | "attach"
    | "detach"
    | "failure"
    | "policy"
    | "start"
    | "stop"
    | "recover"
    | "connection";
  readonly ref?: string;
  readonly subject?: AuditSubject;
  /** Owner of the attachment, where nobody asked. */
  readonly uid?: number;
  readonly attachment?: string;
  readonly network?: string;
  /** The deciding rule: file:line. */
  readonly rule?: string;
  readonly policyHash?: string;
  readonly reason?: string;
  readonly addresses?: readonly string[];
  readonly durationMs?: number;
}

/** A reference that a refused user can read to the admin over the telephone: ten letters and digits, none alike. */
export function newReference(): string {
  const alphabet = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
  return [...randomBytes(10)].map((byte) => alphabet[byte % alphabet.length]).join("");
}

/** The log file, opened once for appending; lines are written whole, in order, before the answer goes out. */
export class AuditLog implements Disposable {
  readonly #fd: number;
  #sequence = 0;

  constructor(
    path: string,
    private readonly bootId: string,
  ) {
    mkdirSync(dirname(path), { recursive: true, mode: 0o750 });
    const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;
    this.#fd = openSync(path, flags, 0o640);
    const status = fstatSync(this.#fd);
    if (!status.isFile() || status.uid !== process.getuid?.()) {
      closeSync(this.#fd);
      throw new Error(`${path}: not a regular file of this service's user`);
    }
  }

  /** JSON escapes control characters, so nothing in a line can forge another one or drive a terminal. */
  write(event: AuditEvent): void {
    const line = { ts: new Date().toISOString(), boot: this.bootId, seq: this.#sequence++, ...event };
    const ascii = JSON.stringify(line).replace(
      /[\u007f-\uffff]/g,
      (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
    writeSync(this.#fd, `${ascii}\n`);
  }

  [Symbol.dispose](): void {
    closeSync(this.#fd);
  }
}
