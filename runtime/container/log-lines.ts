import type { LogEntry } from "./container-log.ts";

const newline = 0x0a;

/**
 * A piece of output as conmon writes it into a container's log (the kubelet's format): each line with its time, and what has no end yet
 * as a part, which the next piece of the stream goes on with. Pure.
 * @param timeMs milliseconds since 1970
 */
export function logLines(timeMs: number, stream: LogEntry["stream"], output: Uint8Array): Uint8Array {
  const time = new Date(timeMs).toISOString().replace("Z", "000000Z");
  const [whole, partial] = ["F", "P"].map((tag) => Buffer.from(`${time} ${stream} ${tag} `));
  if (!whole || !partial) return output;
  const hasPart = output.length > 0 && output.at(-1) !== newline;
  const heads = countNewlines(output) + (hasPart ? 1 : 0);
  const lines = Buffer.allocUnsafe(output.length + heads * whole.length + (hasPart ? 1 : 0));
  let length = 0;
  for (let start = 0; start < output.length; ) {
    const end = output.indexOf(newline, start);
    const text = end < 0 ? output.subarray(start) : output.subarray(start, end + 1);
    lines.set(end < 0 ? partial : whole, length);
    lines.set(text, length + whole.length);
    length += whole.length + text.length;
    start += text.length;
  }
  if (hasPart) lines[length] = newline;
  return lines;
}

function countNewlines(bytes: Uint8Array): number {
  let count = 0;
  for (let at = bytes.indexOf(newline); at >= 0; at = bytes.indexOf(newline, at + 1)) count++;
  return count;
}
