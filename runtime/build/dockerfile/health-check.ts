import type { ImageHealthCheck } from "../../health/health-check.ts";
import { parseDuration } from "./duration.ts";
import type { InstructionReader } from "./instruction-reader.ts";
import { parseJsonForm } from "./json-form.ts";

const durationFlags = {
  interval: "interval",
  timeout: "timeout",
  "start-period": "startPeriod",
  "start-interval": "startInterval",
} as const;

/** `HEALTHCHECK [FLAGS] CMD command` or `HEALTHCHECK NONE`. */
export function parseHealthCheck(reader: InstructionReader): ImageHealthCheck {
  reader.checkFlags([...Object.keys(durationFlags), "retries"]);
  const [, word = "", command = ""] = /^(\S+)\s*([\s\S]*)$/.exec(reader.rest) ?? [];
  switch (word.toUpperCase()) {
    case "NONE":
      if (command !== "") throw reader.error("HEALTHCHECK NONE takes no arguments");
      return { test: ["NONE"] };
    case "CMD":
      return { test: testOf(reader, command), ...durationsOf(reader), ...retriesOf(reader) };
    default:
      throw reader.errorAtRest(0, word.length, `HEALTHCHECK takes CMD or NONE, not "${word}"`);
  }
}

function testOf(reader: InstructionReader, command: string): string[] {
  const form = parseJsonForm(command);
  if (form.kind === "other-values")
    throw reader.error("HEALTHCHECK CMD: only strings can stand in the JSON form's array");
  const test = form.kind === "strings" ? ["CMD", ...form.strings] : ["CMD-SHELL", command];
  if (command === "" || test.length === 1) throw reader.error("HEALTHCHECK CMD needs a command");
  return test;
}

function durationsOf(reader: InstructionReader): Partial<ImageHealthCheck> {
  const durations: Record<string, number> = {};
  for (const [flag, name] of Object.entries(durationFlags)) {
    const text = reader.flag(flag);
    if (text === undefined) continue;
    const duration = parseDuration(text);
    if (duration === undefined || (duration > 0 && duration < 1e6))
      throw reader.flagError(flag, `--${flag}=${text}: a duration such as 30s or 1m30s, of 1 ms at least`);
    if (duration > 0) durations[name] = duration;
  }
  return durations;
}

function retriesOf(reader: InstructionReader): Partial<ImageHealthCheck> {
  const text = reader.flag("retries");
  if (text === undefined) return {};
  if (!/^\d{1,9}$/.test(text)) throw reader.flagError("retries", `--retries=${text}: not a number`);
  return Number(text) === 0 ? {} : { retries: Number(text) };
}
