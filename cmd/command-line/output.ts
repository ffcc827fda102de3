import { writeSync } from "node:fs";

/** Thrown when whoever read our output has gone: `cntnr ps | head -1`. */
export class ClosedOutput extends Error {
  override readonly name = "ClosedOutput";
}

/** Writes all of it before it returns, so that an exit right afterwards loses nothing. */
export function print(text: string | Uint8Array): void {
  writeAll(1, text);
}

export function printError(text: string): void {
  writeAll(2, text);
}

/** What a container has printed on its standard error, as it is. */
export function printErrorBytes(bytes: Uint8Array): void {
  writeAll(2, bytes);
}

/** Prints a table with a heading, as wide as its cells. */
export function printTable(rows: readonly (readonly string[])[]): void {
  print(formatTable(rows));
}

export function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length)),
  );
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("   ")
      .trimEnd(),
  );
  return lines.map((line) => `${line}\n`).join("");
}

/** Text of somebody else's for a terminal: control characters cannot move its cursor or colour it. */
export function printable(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text.replace(/[\u0000-\u001f\u007f-\u009f]/g, (character) => JSON.stringify(character).slice(1, -1));
}

/** The same for a text of several lines. */
export function printableLines(text: string): string {
  return text.split("\n").map(printable).join("\n");
}

function writeAll(fd: number, text: string | Uint8Array): void {
  let rest: Uint8Array = typeof text === "string" ? Buffer.from(text) : text;
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(fd, rest));
    } catch (error) {
      const errno = error instanceof Error && "code" in error ? error.code : undefined;
      if (errno === "EPIPE" || errno === "EIO") throw new ClosedOutput();
      // Somebody who shares the pipe has made it non-blocking.
      if (errno !== "EAGAIN" && errno !== "EINTR") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
    }
  }
}
