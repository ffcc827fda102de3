import { dlopen } from "bun:ffi";
import { checkResult } from "./system-call.ts";

const closeOnExec = 0o2000000; // O_CLOEXEC
const duplicateCloseOnExec = 1030; // F_DUPFD_CLOEXEC
const firstFreeDescriptor = 3;

/** Both ends of a pipe(2), for two children. */
export interface Pipe {
  readonly readEnd: number;
  readonly writeEnd: number;
}

/** The caller closes both ends. Throws SystemCallError. */
export function openPipe(): Pipe {
  const { pipe2 } = dlopen("libc.so.6", { pipe2: { args: ["ptr", "i32"], returns: "i32" } }).symbols;
  const ends = new Int32Array(2);
  checkResult("pipe2", pipe2(ends, closeOnExec));
  const [readEnd = -1, writeEnd = -1] = ends;
  return { readEnd, writeEnd };
}

/** Another descriptor of the same open file, above standard error (fcntl(2)). The caller closes it. Throws SystemCallError. */
export function duplicate(fd: number): number {
  const { fcntl } = dlopen("libc.so.6", {
    fcntl: { args: ["i32", "i32", "i32"], returns: "i32" },
  }).symbols;
  return checkResult("fcntl", fcntl(fd, duplicateCloseOnExec, firstFreeDescriptor));
}
