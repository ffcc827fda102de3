import { expect, test } from "bun:test";
import { lastLines, parseLogLine } from "../../../../runtime/container/container-log.ts";
import { logLines } from "../../../../runtime/container/log-lines.ts";
import { RuntimeWords } from "../../../../runtime/container/runtime-words.ts";

const time = Date.parse("2026-11-26T08:00:00.125Z");
const written = (text: string) => Buffer.from(logLines(time, "stderr", Buffer.from(text))).toString();

test("each line of output has its time, and an unfinished one says so", () => {
  const head = "2026-11-26T08:00:00.125000000Z stderr";
  expect(written("one\n\ntwo")).toBe(`${head} F one\n${head} F \n${head} P two\n`);
  expect(written("")).toBe("");
  expect(written("\n")).toBe(`${head} F \n`);
});

test("what is written is read as it was", () => {
  const bytes = new Uint8Array(3000).map((_, index) => (index * 7919) % 256);
  const lines = Buffer.from(logLines(time, "stdout", bytes));
  const entries = lines.toString("latin1").split("\n").slice(0, -1);
  const parsed = entries.flatMap((line) => parseLogLine(Buffer.from(line, "latin1")) ?? []);
  const read = parsed.map(({ text, isPartial }) => Buffer.concat([text, Buffer.from(isPartial ? "" : "\n")]));
  expect(Buffer.concat(read).equals(bytes)).toBe(true);
  expect(parsed.every(({ stream }) => stream === "stdout")).toBe(true);
  expect(lastLines(parsed, 1)).toHaveLength(1);
});

test("what may be the runtime's own words is kept back, and given when it is not", () => {
  const pass = (...pieces: string[]) => {
    const words = new RuntimeWords("run");
    const passed = pieces.map((piece) => Buffer.from(words.keepBack(Buffer.from(piece))).toString());
    return [...passed, Buffer.from(words.rest()).toString()];
  };
  expect(pass("runc run failed: no", " way")).toEqual(["", "", "runc run failed: no way"]);
  expect(pass("runc", " is here")).toEqual(["", "runc is here", ""]);
  expect(pass("plain", "runc run failed: x")).toEqual(["plain", "runc run failed: x", ""]);
});
