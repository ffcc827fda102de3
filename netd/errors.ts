/**
 * Why netd did not do what was asked. `denied` is the one answer for everything that the caller may not know more
 * about (N3): no rule, no such network, a namespace of somebody else's; the reason is in the audit log alone.
 */
export type RefusalCode = "invalid" | "denied" | "conflict" | "exhausted" | "unavailable" | "failed";

/** A refusal with the text that goes to the client; it never holds bytes of the client's (R16). */
export class Refusal extends Error {
  override readonly name = "Refusal";

  constructor(
    readonly code: RefusalCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The text of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
