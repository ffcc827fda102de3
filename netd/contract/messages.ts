import type { AuditEvent } from "../audit/audit-event.ts";
import type { RefusalCode } from "../errors.ts";
import type { AttachmentFacts } from "./attachment.ts";
import type { ServerLimits } from "./server-limits.ts";
import type { RequestOf, WorkerCallName } from "./worker-calls.ts";

/** One question of the front's; `call` is its number. */
export interface Question<Name extends WorkerCallName = WorkerCallName> {
  readonly call: number;
  readonly ask: Name;
  readonly with: RequestOf<Name>;
}

/** Why the worker did not do it. */
export interface WorkerRefusal {
  readonly code: RefusalCode;
  /** May go to the client. */
  readonly text: string;
  /** For the audit log alone (N3). */
  readonly reason: string;
}

/** What the front has to know before it can begin. */
export interface FrontSettings {
  readonly policyDir: string;
  readonly auditLog: string;
  readonly bootId: string;
  readonly version: string;
  readonly limits: ServerLimits;
  /** How often the account names of the policy are looked up again. */
  readonly accountRefreshMs: number;
}

/** Everything that the worker says. The front believes it: whoever can speak as the worker is root. */
export type WorkerMessage =
  | { readonly answer: number; readonly value: unknown }
  | { readonly answer: number; readonly refusal: WorkerRefusal }
  /** First of all, after the attachments that there are. */
  | { readonly tell: "begin"; readonly settings: FrontSettings }
  /** An attachment that is new or has changed. */
  | { readonly tell: "attachment"; readonly attachment: AttachmentFacts }
  | { readonly tell: "gone"; readonly id: string }
  /** Something that the worker did by itself, for the audit log. */
  | { readonly tell: "event"; readonly event: AuditEvent }
  | { readonly tell: "reload" }
  /** No new calls any more. */
  | { readonly tell: "close" }
  /** The last thing: finish the audit log and end. */
  | { readonly tell: "end" };

/** Descriptors of a front process. */
export const frontDescriptors = { listener: 3, channel: 4, admin: 5 } as const;

/** A front says that often that it lives, and is ended when it has not for so long. */
export const liveliness = { everyMs: 3000, endedAfterMs: 10_000 } as const;

/** A front may not say more at once, nor leave more unread; the largest question of a good form has room in a line. */
export const frontLimits = { lineBytes: 1 << 18, backlogBytes: 1 << 26 } as const;
/** What the worker says is as long as it has to be; this only stops what is no message at all. */
export const workerLimits = { lineBytes: 1 << 24, backlogBytes: 1 << 26 } as const;
