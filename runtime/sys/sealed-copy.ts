import { dlopen } from "bun:ffi";
import { closeSync, copyFile } from "node:fs";
import { checkResult } from "./system-call.ts";

const closeOnExec = 1; // MFD_CLOEXEC
const allowSealing = 2; // MFD_ALLOW_SEALING
const executable = 0x10; // MFD_EXEC, since Linux 6.3
const addSeals = 1033; // F_ADD_SEALS
const allSeals = 0xf; // F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE

/** A file in memory (memfd_create(2)) that nobody can change any more, until it is disposed of. */
export interface SealedCopy extends Disposable {
  readonly fd: number;
}

/**
 * Copies a program into a sealed file in memory. The bytes are copied by another thread, so that the caller can go on with something
 * else meanwhile. Throws SystemCallError and Node's own errors.
 */
export async function copySealed(program: string): Promise<SealedCopy> {
  const { memfd_create: create, fcntl } = dlopen("libc.so.6", {
    memfd_create: { args: ["ptr", "u32"], returns: "i32" },
    fcntl: { args: ["i32", "i32", "i32"], returns: "i32" },
  }).symbols;
  const name = Buffer.from("program\0");
  let fd = create(name, closeOnExec | allowSealing | executable);
  if (fd < 0) fd = checkResult("memfd_create", create(name, closeOnExec | allowSealing));
  try {
    await copyTo(program, `/proc/self/fd/${fd}`);
    checkResult("fcntl", fcntl(fd, addSeals, allSeals));
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  return { fd, [Symbol.dispose]: () => closeSync(fd) };
}

function copyTo(source: string, destination: string): Promise<void> {
  return new Promise((resolve, reject) => {
    copyFile(source, destination, (error) => (error ? reject(error) : resolve()));
  });
}
