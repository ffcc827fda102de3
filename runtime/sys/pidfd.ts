import { dlopen, FFIType } from "bun:ffi";
import { closeSync } from "node:fs";
import { CntnrError } from "../errors/cntnr-error.ts";

const pidfdOpenNumber = 434;

/** An open descriptor of a process (pidfd_open(2)). */
export interface Pidfd extends Disposable {
  readonly fd: number;
}

/** Opens a descriptor of a process that stays that process's, whatever becomes of its number. */
export function openPidfd(pid: number): Pidfd {
  const libc = dlopen("libc.so.6", { syscall: { args: ["i64", "i64", "i64"], returns: FFIType.i64_fast } });
  const fd = Number(libc.symbols.syscall(pidfdOpenNumber, pid, 0));
  if (fd < 0)
    throw new CntnrError(
      "engine",
      `pidfd_open of process ${pid} failed: it has ended, or Linux is older than 5.3`,
    );
  return { fd, [Symbol.dispose]: () => closeSync(fd) };
}
