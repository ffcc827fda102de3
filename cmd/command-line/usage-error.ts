/** A command line that cannot be understood; the message says what is wrong and where to read more. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
