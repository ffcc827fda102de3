import { expect, test } from "bun:test";
import { defaultLimits, limitNames, parseLimits } from "../../../../netd/server/limits.ts";

test("limits that are not named stay as they are", () => {
  expect(parseLimits([])).toEqual(defaultLimits);
  expect(parseLimits(["connections-per-user=4", "attach-rate=1", "attach-burst=2"])).toEqual({
    ...defaultLimits,
    connectionsPerUid: 4,
    attaching: { burst: 2, perSecond: 1 },
  });
});

test("each name changes something", () => {
  for (const name of limitNames) expect(parseLimits([`${name}=77`])).not.toEqual(defaultLimits);
});

test.each([
  "attach-rate",
  "attach-rate=0",
  "attach-rate=1.5",
  "attach-rate=010",
  "nothing=1",
  "constructor=1",
])("%s is refused", (text) => {
  expect(() => parseLimits([text])).toThrow(`limit ${text}: write NAME=NUMBER`);
});
