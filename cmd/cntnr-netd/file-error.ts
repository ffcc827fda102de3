const words: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file or directory",
  ENOTDIR: "something on the way there is no directory",
  EISDIR: "a file is needed, and this is a directory",
  EACCES: "you are not permitted to: use sudo",
  EPERM: "you are not permitted to: use sudo",
  EROFS: "the file system is read-only",
  ENOSPC: "the disk is full",
  ENOMEM: "there is not enough memory for it",
};

/** What a system call said about a file that somebody has named, in words; undefined for any other error. */
export function explainFileError(error: unknown): Error | undefined {
  if (!(error instanceof Error && "syscall" in error && "code" in error)) return undefined;
  const text = words[String(error.code)];
  if (text === undefined) return undefined;
  const path = "path" in error && typeof error.path === "string" ? `${error.path}: ` : "";
  return new Error(`${path}${text}`, { cause: error });
}
