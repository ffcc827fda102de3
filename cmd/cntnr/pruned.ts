import { decimalSize } from "./byte-size.ts";

/** What was removed of one kind, as docker says it; nothing when nothing was. */
export function prunedText(kind: "Containers" | "Images" | "Volumes", lines: readonly string[]): string {
  return lines.length === 0 ? "" : `Deleted ${kind}:\n${lines.map((line) => `${line}\n`).join("")}\n`;
}

/** Docker's last line. */
export function reclaimedText(bytes: number): string {
  return `Total reclaimed space: ${decimalSize(bytes)}\n`;
}

export function bytesOf(pruned: readonly { readonly bytes: number }[]): number {
  return pruned.reduce((sum, { bytes }) => sum + bytes, 0);
}
