import { expect, test } from "bun:test";
import { type LogEntry, lastLines, parseLogLine } from "../../../../runtime/container/container-log.ts";

const parse = (text: string) => parseLogLine(Buffer.from(text));
const textOf = (entry: LogEntry | undefined) => entry && Buffer.from(entry.text).toString();

test("a line of conmon's log is a time, a stream, and text as it is", () => {
  const entry = parse("2026-11-24T16:27:20.133116011+00:00 stderr F a  b ");
  expect(entry).toMatchObject({
    time: "2026-11-24T16:27:20.133116011+00:00",
    stream: "stderr",
    isPartial: false,
  });
  expect(textOf(entry)).toBe("a  b ");
  expect(textOf(parse("t stdout F "))).toBe("");
  expect(parse("t stdout P x")?.isPartial).toBe(true);
});

test("what a crash has cut off is no entry", () => {
  for (const text of ["", "2026", "t stdout", "t stdin F x", "t stdout X x"])
    expect(parse(text)).toBeUndefined();
});

test("the last lines are counted in lines, not in pieces of lines", () => {
  const entries = ["t stdout F one", "t stdout P tw", "t stdout F o", "t stdout F three"].flatMap(
    (line) => parse(line) ?? [],
  );
  const last = (count: number) => lastLines(entries, count).map(textOf);
  expect(last(0)).toEqual([]);
  expect(last(1)).toEqual(["three"]);
  expect(last(2)).toEqual(["tw", "o", "three"]);
  expect(last(9)).toHaveLength(4);
});
