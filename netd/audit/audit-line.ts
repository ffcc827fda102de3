import { createHash } from "node:crypto";
import type { AuditEvent } from "./audit-event.ts";

/** Where a chain of lines ends: the next line gets `seq + 1` and carries `hash` as its `prev`. */
export interface ChainHead {
  readonly seq: number;
  /** SHA-256 of the line's bytes without its newline, in hexadecimal. */
  readonly hash: string;
}

/** Before the first line of all. */
export const genesis: ChainHead = { seq: -1, hash: "0".repeat(64) };

/** A line that was read: the chain's part of it checked, the event as it is. */
export interface ParsedLine {
  readonly ts: string;
  readonly boot: string;
  readonly seq: number;
  readonly prev: string;
  readonly event: string;
  readonly [field: string]: unknown;
}

/**
 * One line of the log with its newline: printable ASCII and nothing else. JSON escapes control characters and what is not
 * ASCII is escaped here, so nothing in a line can forge another one or drive a terminal (P4).
 */
export function formatLine(
  head: ChainHead,
  event: AuditEvent,
  stamp: { readonly ts: string; readonly boot: string },
): { readonly line: string; readonly head: ChainHead } {
  const seq = head.seq + 1;
  const line = escaped(JSON.stringify({ ts: stamp.ts, boot: stamp.boot, seq, prev: head.hash, ...event }));
  return { line: `${line}\n`, head: { seq, hash: hashOf(line) } };
}

/** JSON with nothing but printable ASCII in it: stringify leaves DEL and all that is not ASCII as it is. */
export function escaped(json: string): string {
  return json.replace(
    /[\u007f-\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** @param line without its newline */
export function hashOf(line: string | Uint8Array): string {
  return createHash("sha256").update(line).digest("hex");
}

/** Undefined for what is no line of the log. */
export function parseLine(text: string): ParsedLine | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isLine(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isLine(value: unknown): value is ParsedLine {
  if (typeof value !== "object" || value === null) return false;
  const { ts, boot, seq, prev, event } = value as Record<string, unknown>;
  return (
    typeof ts === "string" &&
    typeof boot === "string" &&
    Number.isSafeInteger(seq) &&
    typeof prev === "string" &&
    /^[0-9a-f]{64}$/.test(prev) &&
    typeof event === "string"
  );
}
