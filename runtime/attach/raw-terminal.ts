import { spawn } from "node:child_process";
import { TerminalSettings, type TerminalSize, terminalSize } from "../sys/terminal.ts";

/** Waits for our end; unless we have said that all is well, it puts back what is still as we have made it. */
const guardScript = 'read -r _ <&3 && exit 0; [ "$(stty -g)" != "$1" ] || stty "$2"';

/**
 * Our own terminal, given over to a container: raw, until this is disposed of. A small process of its own puts the settings
 * back when we are killed. Works for a terminal only; on anything else it does nothing.
 */
export class RawTerminal implements Disposable {
  readonly #fd: number;
  readonly #onSize: (size: TerminalSize) => void;
  readonly #saved: TerminalSettings | undefined;
  readonly #raw: TerminalSettings | undefined;
  readonly #guard: { dismiss(): void } | undefined;

  /** @param onSize called with the size now, and each time that it changes */
  constructor(fd: number, onSize: (size: TerminalSize) => void) {
    this.#fd = fd;
    this.#onSize = onSize;
    this.#saved = TerminalSettings.of(fd);
    if (!this.#saved) return;
    this.#raw = this.#saved.raw();
    this.#guard = startGuard(fd, this.#raw.text, this.#saved.text);
    this.#raw.apply(fd);
    process.on("SIGWINCH", this.#tellSize);
    process.on("SIGCONT", this.#resume);
    this.#tellSize();
  }

  readonly #tellSize = () => {
    const size = terminalSize(this.#fd);
    if (size) this.#onSize(size);
  };

  /** Whoever had the terminal while we were stopped has set it as he liked. */
  readonly #resume = () => {
    this.#raw?.apply(this.#fd);
    this.#tellSize();
  };

  [Symbol.dispose](): void {
    process.removeListener("SIGWINCH", this.#tellSize);
    process.removeListener("SIGCONT", this.#resume);
    this.#saved?.apply(this.#fd);
    this.#guard?.dismiss();
  }
}

function startGuard(fd: number, raw: string, saved: string): { dismiss(): void } {
  const guard = spawn("sh", ["-c", guardScript, "sh", raw, saved], {
    stdio: [fd, "ignore", "ignore", "pipe"],
    // In a session of its own no signal of the terminal's reaches it.
    detached: true,
  });
  guard.on("error", () => {
    // Without a shell nobody puts the terminal back but us.
  });
  guard.unref();
  const pipe = guard.stdio[3];
  if (pipe && "unref" in pipe && typeof pipe.unref === "function") pipe.unref();
  return {
    dismiss() {
      if (pipe && "write" in pipe) pipe.end("\n");
    },
  };
}
