import { describe, expect, test } from "bun:test";
import {
  type EndedLife,
  parseRestartPolicy,
  restartDelayOf,
} from "../../../../runtime/container/restart-policy.ts";

const failed: EndedLife = { exitCode: 1, ranMs: 5, restarts: 0, restartDelayMs: 0, isStopRequested: false };
const delayOf = (policy: string, changes: Partial<EndedLife> = {}) =>
  restartDelayOf(parseRestartPolicy(policy), { ...failed, ...changes });

describe("a restart policy", () => {
  test.each(["no", "always", "unless-stopped", "on-failure", "on-failure:3", ""])(
    "may be written %p",
    (text) => {
      expect(parseRestartPolicy(text).policy).toBe((text.split(":")[0] || "no") as "no");
    },
  );

  test.each(["never", "always:3", "on-failure:", "on-failure:x", "on-failure:1:2"])(
    "cannot be %p",
    (text) => {
      expect(() => parseRestartPolicy(text)).toThrow(`--restart "${text}"`);
    },
  );

  test("says whether a container is started again", () => {
    expect(delayOf("no")).toBeUndefined();
    expect(delayOf("always")).toBe(100);
    expect(delayOf("always", { exitCode: 0 })).toBe(100);
    expect(delayOf("unless-stopped")).toBe(100);
    expect(delayOf("on-failure")).toBe(100);
    expect(delayOf("on-failure", { exitCode: 0 })).toBeUndefined();
  });

  test("does nothing when somebody wanted the end", () => {
    for (const policy of ["always", "unless-stopped", "on-failure"])
      expect(delayOf(policy, { isStopRequested: true })).toBeUndefined();
  });

  test("gives up after so many tries", () => {
    expect(delayOf("on-failure:2", { restarts: 1 })).toBeDefined();
    expect(delayOf("on-failure:2", { restarts: 2 })).toBeUndefined();
    expect(delayOf("on-failure", { restarts: 1000 })).toBeDefined();
  });

  test("waits twice as long each time, at most a minute, and anew after ten seconds of work", () => {
    expect(delayOf("always", { restartDelayMs: 100 })).toBe(200);
    expect(delayOf("always", { restartDelayMs: 51_200 })).toBe(60_000);
    expect(delayOf("always", { restartDelayMs: 51_200, ranMs: 10_000 })).toBe(100);
  });
});
