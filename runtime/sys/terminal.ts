import { dlopen } from "bun:ffi";
import { isatty } from "node:tty";

/** Larger than struct termios of any libc for Linux (60 bytes in glibc for x86-64). */
const termiosSizeBytes = 256;
const afterOutput = 1; // TCSADRAIN

/** Settings of a terminal, to be put back. */
export interface SavedTerminal {
  /** Puts the settings back, whatever somebody has done to them. Does nothing when the terminal is gone. */
  restore(): void;
}

export function isTerminal(fd: number): boolean {
  return isatty(fd);
}

/** Remembers how the terminal at `fd` is set (termios(3)); undefined when there is none. */
export function saveTerminal(fd: number): SavedTerminal | undefined {
  const { tcgetattr, tcsetattr } = dlopen("libc.so.6", {
    tcgetattr: { args: ["i32", "ptr"], returns: "i32" },
    tcsetattr: { args: ["i32", "i32", "ptr"], returns: "i32" },
  }).symbols;
  const settings = new Uint8Array(termiosSizeBytes);
  if (tcgetattr(fd, settings) !== 0) return undefined;
  return {
    restore() {
      tcsetattr(fd, afterOutput, settings);
    },
  };
}
