import { CntnrError, hasErrno } from "./cntnr-error.ts";

/** True when there is no room: on the disk, in the user's quota, or for one more file. */
export function isDiskFull(error: unknown): boolean {
  return hasErrno(error, "ENOSPC", "EDQUOT");
}

/** What a person can do about a disk that does not take what is written; undefined for every other error. */
export function explainDiskError(error: unknown): CntnrError | undefined {
  const place = error instanceof Error && "path" in error ? `${error.path}: ` : "";
  if (isDiskFull(error))
    return new CntnrError(
      "disk-full",
      `${place}the disk or the quota is full: make room, for example by \`cntnr system prune\` (\`cntnr system df\` says what takes it)`,
      { cause: error },
    );
  if (hasErrno(error, "EROFS"))
    return new CntnrError(
      "engine",
      `${place}nothing can be written, for the file system is read-only: --store-dir names another place`,
      { cause: error },
    );
  if (hasErrno(error, "EIO"))
    return new CntnrError("engine", `${place}the disk does not work as it should (input/output error)`, {
      cause: error,
    });
  return undefined;
}
