import type { CniCommand } from "./environment.ts";

/**
 * `refused`: the plugin said so itself, with a code. `failed`: it ended with an error but gave no reason in JSON.
 * `missing`: its program is not there or not to be trusted. `bad-output`: it succeeded with something that is no result.
 */
export type CniErrorKind =
  | "refused"
  | "failed"
  | "missing"
  | "bad-output"
  | "not-started"
  | "timed-out"
  | "too-much-output"
  | "aborted";

export interface CniErrorFacts {
  readonly pluginType: string;
  readonly command: CniCommand;
  readonly kind: CniErrorKind;
  /** The plugin's error code (spec, section 5, "Error"); undefined unless the kind is `refused`. */
  readonly code?: number;
  /** More about it, for the admin; may be empty. */
  readonly details?: string;
}

/** Keeps a plugin that floods from filling the audit log with it. */
const maxTextLength = 2000;

/** What went wrong with one call of one plugin. Its text may hold anything a plugin says: it is for the admin. */
export class CniError extends Error {
  override readonly name = "CniError";
  readonly pluginType: string;
  readonly command: CniCommand;
  readonly kind: CniErrorKind;
  readonly code: number | undefined;
  readonly details: string;

  constructor(facts: CniErrorFacts, reason: string, options?: ErrorOptions) {
    const { pluginType, command, kind, code, details = "" } = facts;
    const texts = [reason, details].filter((text) => text !== "").map((text) => text.slice(0, maxTextLength));
    super(`${pluginType} ${command}: ${texts.join(": ")}`, options);
    this.pluginType = pluginType;
    this.command = command;
    this.kind = kind;
    this.code = code;
    this.details = details.slice(0, maxTextLength);
  }
}

/** Everything that failed in a DEL, which goes on after each of them (F4). */
export class CniDeleteError extends Error {
  override readonly name = "CniDeleteError";

  constructor(readonly errors: readonly CniError[]) {
    super(errors.map((error) => error.message).join("; "));
  }
}

/**
 * Whether the same call may well succeed a moment later: the plugin says so (spec, section 5, code 11), or an iptables
 * that it runs did not get the lock of all iptables (its exit code 4, R9).
 */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof CniError) || error.kind !== "refused") return false;
  return error.code === 11 || /iptables.*exit status 4\b/s.test(error.message);
}
