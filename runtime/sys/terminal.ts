import { dlopen } from "bun:ffi";

/** Larger than struct termios of any libc for Linux (60 bytes in glibc for x86-64). */
const termiosSizeBytes = 256;
const afterOutput = 1; // TCSADRAIN
const getWindowSize = 0x5413; // TIOCGWINSZ
/** Number of control characters in glibc's struct termios, which begin after four flag words and the line discipline. */
const controlCharacters = { offset: 17, count: 32 };

export interface TerminalSize {
  readonly rows: number;
  readonly columns: number;
}

/** isatty(3): node:tty takes 5 ms to load. */
export function isTerminal(fd: number): boolean {
  return libc().isatty(fd) === 1;
}

let loaded: ReturnType<typeof load> | undefined;

function load() {
  return dlopen("libc.so.6", {
    isatty: { args: ["i32"], returns: "i32" },
    tcgetattr: { args: ["i32", "ptr"], returns: "i32" },
    tcsetattr: { args: ["i32", "i32", "ptr"], returns: "i32" },
    cfmakeraw: { args: ["ptr"], returns: "void" },
    ioctl: { args: ["i32", "u64", "ptr"], returns: "i32" },
  }).symbols;
}

function libc() {
  loaded ??= load();
  return loaded;
}

/** How a terminal is set (termios(3)). */
export class TerminalSettings {
  private constructor(private readonly termios: Uint8Array<ArrayBuffer>) {}

  /** Undefined when there is no terminal at `fd`. */
  static of(fd: number): TerminalSettings | undefined {
    const termios = new Uint8Array(termiosSizeBytes);
    return libc().tcgetattr(fd, termios) === 0 ? new TerminalSettings(termios) : undefined;
  }

  /** The same, but every key is passed on as it is, and what is printed stays as it is (cfmakeraw(3)). */
  raw(): TerminalSettings {
    const termios = this.termios.slice();
    libc().cfmakeraw(termios);
    return new TerminalSettings(termios);
  }

  /** Does nothing when the terminal is gone. In the background it stops us until we are in the foreground. */
  apply(fd: number): void {
    libc().tcsetattr(fd, afterOutput, this.termios);
  }

  /** In the words of `stty -g`, which stty takes back. */
  get text(): string {
    const flags = [...new Uint32Array(this.termios.buffer, 0, 4)];
    const { offset, count } = controlCharacters;
    const characters = [...this.termios.subarray(offset, offset + count)];
    return [...flags, ...characters].map((value) => value.toString(16)).join(":");
  }
}

/** The size of the terminal at `fd`; undefined when there is none, or it has no size. */
export function terminalSize(fd: number): TerminalSize | undefined {
  const size = new Uint16Array(4);
  if (libc().ioctl(fd, getWindowSize, size) !== 0) return undefined;
  const [rows = 0, columns = 0] = size;
  return rows > 0 && columns > 0 ? { rows, columns } : undefined;
}
