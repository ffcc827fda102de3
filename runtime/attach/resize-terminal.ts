import { closeSync, constants, openSync, writeSync } from "node:fs";
import { hasErrno } from "../errors/cntnr-error.ts";
import type { TerminalSize } from "../sys/terminal.ts";

/** By conmon's control pipe: `1 ROWS COLUMNS`. When nobody listens any more there is nothing to resize. */
export function resizeTerminal(terminalControl: string, { rows, columns }: TerminalSize): void {
  let fd: number;
  try {
    fd = openSync(terminalControl, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (hasErrno(error, "ENXIO", "ENOENT")) return;
    throw error;
  }
  try {
    writeSync(fd, `1 ${rows} ${columns}\n`);
  } finally {
    closeSync(fd);
  }
}
