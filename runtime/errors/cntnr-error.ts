/**
 * What went wrong, in classes that a program can act on. The exit code of each is in {@link exitCodes};
 * docker's: 125 the engine failed, 126 the command cannot be executed, 127 it was not found.
 */
export type ErrorCode =
  | "usage"
  | "not-found"
  | "conflict"
  | "not-permitted"
  | "unavailable"
  | "corrupt"
  | "unsupported"
  | "timeout"
  | "disk-full"
  | "command-not-executable"
  | "command-not-found"
  | "build"
  | "engine";

const exitCodes: Record<ErrorCode, number> = {
  usage: 125,
  "not-found": 125,
  conflict: 125,
  "not-permitted": 125,
  unavailable: 125,
  corrupt: 125,
  unsupported: 125,
  timeout: 125,
  "disk-full": 125,
  "command-not-executable": 126,
  "command-not-found": 127,
  build: 125,
  engine: 125,
};

/** An error with a message for the person at the terminal: what, where, and what to do about it. */
export class CntnrError extends Error {
  override readonly name = "CntnrError";

  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }

  get exitCode(): number {
    return exitCodes[this.code];
  }
}

/** The text of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Why a system call on a file failed, in the system's own words: "no such file or directory". */
export function reasonOf(error: unknown): string {
  return /^E[A-Z0-9]+: ([^,]+)/.exec(messageOf(error))?.[1] ?? messageOf(error);
}

/** A system call that failed on a file, in words: which file, and why. Undefined for every other error. */
export function explainFileError(error: unknown): CntnrError | undefined {
  if (!(error instanceof Error && "path" in error && typeof error.path === "string")) return undefined;
  const reason = reasonOf(error);
  return reason === error.message
    ? undefined
    : new CntnrError(
        hasErrno(error, "EACCES", "EPERM") ? "not-permitted" : "engine",
        `${error.path}: ${reason}`,
        {
          cause: error,
        },
      );
}

/** True for a failed system call with this name: `hasErrno(e, "ENOENT")`. */
export function hasErrno(error: unknown, ...names: string[]): boolean {
  return error instanceof Error && "code" in error && names.includes(String(error.code));
}
