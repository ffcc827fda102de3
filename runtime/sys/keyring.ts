import { dlopen, FFIType } from "bun:ffi";
import { checkResult } from "./system-call.ts";

/** keyctl(2) by Node's names of architectures. */
const numbers: Readonly<Record<string, number>> = {
  arm: 311,
  arm64: 219,
  ia32: 288,
  loong64: 219,
  ppc64: 271,
  riscv64: 219,
  s390x: 280,
  x64: 250,
};
const joinSession = 1; // KEYCTL_JOIN_SESSION_KEYRING

/** Gives this process a new session keyring. Throws SystemCallError; does nothing where the call's number is not known. */
export function joinNewSessionKeyring(): void {
  const number = numbers[process.arch];
  if (number === undefined) return;
  const { syscall } = dlopen("libc.so.6", {
    syscall: { args: ["i64", "i64", "ptr"], returns: FFIType.i64_fast },
  }).symbols;
  checkResult("keyctl", Number(syscall(number, joinSession, null)));
}
