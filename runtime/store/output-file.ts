import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { CntnrError, hasErrno, reasonOf } from "../errors/cntnr-error.ts";

/**
 * Writes a file of the user's, which appears when it is whole: nobody takes half an archive for a whole one. What is no file, such as
 * a fifo or /dev/null, is written to as it is. Throws CntnrError `engine` when it cannot be opened.
 */
export async function writeOutputFile(path: string, write: (fd: number) => Promise<void>): Promise<void> {
  const there = statSync(path, { throwIfNoEntry: false });
  if (there?.isDirectory()) throw cannotWrite(path, "it is a directory");
  const isPassedOn = there !== undefined && !there.isFile();
  const written = isPassedOn ? path : `${path}.${process.pid}.new`;
  const fd = openToWrite(written, path, isPassedOn ? "w" : "wx");
  try {
    await write(fd);
    if (isPassedOn) return;
    fsyncSync(fd);
    renameSync(written, path);
  } finally {
    closeSync(fd);
    if (!isPassedOn) rmSync(written, { force: true });
  }
}

function openToWrite(written: string, path: string, flags: "w" | "wx"): number {
  try {
    return openSync(written, flags, 0o666);
  } catch (error) {
    const isNowhere = hasErrno(error, "ENOENT") && !existsSync(dirname(path));
    throw cannotWrite(path, isNowhere ? `there is no directory ${dirname(path)}` : reasonOf(error), error);
  }
}

function cannotWrite(path: string, reason: string, cause?: unknown): CntnrError {
  return new CntnrError("engine", `cannot write ${path}: ${reason}`, { cause });
}
