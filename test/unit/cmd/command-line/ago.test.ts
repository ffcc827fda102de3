import { expect, test } from "bun:test";
import { agoOf } from "../../../../cmd/command-line/ago.ts";

const [minute, hour, day] = [60, 3600, 86_400];

test.each([
  [0, "Less than a second"],
  [1, "1 second"],
  [59, "59 seconds"],
  [minute, "About a minute"],
  [2 * minute, "2 minutes"],
  [hour, "About an hour"],
  [89 * minute, "About an hour"],
  [90 * minute, "2 hours"],
  [47 * hour, "47 hours"],
  [2 * day, "2 days"],
  [13 * day, "13 days"],
  [14 * day, "2 weeks"],
  [60 * day, "2 months"],
  [700 * day, "23 months"],
  [3 * 365 * day, "3 years"],
])("%p seconds are, in docker's words, %p", (seconds, words) => {
  const now = Date.parse("2026-01-01T00:00:00Z");
  expect(agoOf(new Date(now - seconds * 1000).toISOString(), now)).toBe(words);
});

test("what is to come was just now, and what is no time is said so", () => {
  expect(agoOf("2026-01-01T00:00:09Z", Date.parse("2026-01-01T00:00:00Z"))).toBe("Less than a second");
  expect(agoOf("soon")).toBe("an unknown time");
});
