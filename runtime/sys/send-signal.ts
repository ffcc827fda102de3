import { dlopen, FFIType } from "bun:ffi";
import { lastErrno, SystemCallError } from "./system-call.ts";

const pidfdSendSignalNumber = 424;
const noSuchProcess = 3; // ESRCH

/** Sends a signal to the process of a pidfd (pidfd_send_signal(2)); false when it has ended. Throws SystemCallError. */
export function sendSignal(pidfd: number, signal: number): boolean {
  const { syscall } = dlopen("libc.so.6", {
    syscall: { args: ["i64", "i64", "i64", "ptr", "i64"], returns: FFIType.i64_fast },
  }).symbols;
  if (Number(syscall(pidfdSendSignalNumber, pidfd, signal, null, 0)) >= 0) return true;
  const errno = lastErrno();
  if (errno === noSuchProcess) return false;
  throw new SystemCallError("pidfd_send_signal", errno);
}
