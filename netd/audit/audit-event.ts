import { createHash, randomBytes } from "node:crypto";

/** Who asked. `pid` and `exe` are hints for the reader, no identity (P1, P10). */
export interface AuditSubject {
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  readonly pid: number;
  /** The program at the time of the connection; what it calls itself means nothing. */
  readonly exe?: string;
}

/** What one line tells, beside time, boot, sequence number and chain. */
export interface AuditEvent {
  readonly event:
    | "allow"
    | "deny"
    | "attach"
    | "detach"
    | "failure"
    /** A port that was lost is published again. */
    | "publish"
    | "policy"
    | "start"
    | "stop"
    | "connection"
    | "admin"
    /** Stands for `count` refusals of one user that came too fast to be written one by one (Q9). */
    | "suppressed"
    /** The log itself: it was not as its last line and its head said, or half a line was cut off. */
    | "repair"
    /** The log itself: `count` lines could not be written. */
    | "lost";
  /** One request: its decision, its action and what became of it have the same one. */
  readonly ref?: string;
  readonly subject?: AuditSubject;
  /** Owner of the attachment, where nobody asked. */
  readonly uid?: number;
  readonly attachment?: string;
  readonly network?: string;
  /** The deciding rule: file:line. */
  readonly rule?: string;
  readonly policyHash?: string;
  /** SHA-256 of the request as netd understood it. */
  readonly request?: string;
  readonly reason?: string;
  /** What a failure was a failure of. */
  readonly action?: "attach" | "detach";
  readonly addresses?: readonly string[];
  readonly durationMs?: number;
  /** What is left on the machine of something that was to be taken away; empty when it was looked for and not found. */
  readonly residue?: readonly string[];
  readonly count?: number;
  /** First and last time of what `count` counts. */
  readonly since?: string;
  readonly until?: string;
  /** Half a line that a crash left, as it was. */
  readonly cut?: string;
}

/** A reference that a refused user can read to the admin over the telephone: ten letters and digits, none alike. */
export function newReference(): string {
  const alphabet = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
  return [...randomBytes(10)].map((byte) => alphabet[byte % alphabet.length]).join("");
}

/** SHA-256 of what was asked, the same for the same words in whatever order. */
export function requestDigest(request: Readonly<Record<string, string | number | boolean>>): string {
  const entries = Object.entries(request).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash("sha256").update(JSON.stringify(entries)).digest("hex");
}
