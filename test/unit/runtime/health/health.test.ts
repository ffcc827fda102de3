import { describe, expect, test } from "bun:test";
import {
  type HealthOptions,
  type ImageHealthCheck,
  parseHealthDuration,
  planHealthCheck,
} from "../../../../runtime/health/health-check.ts";
import { afterProbe, type HealthState, initialHealth } from "../../../../runtime/health/health-state.ts";

const image: ImageHealthCheck = {
  test: ["CMD", "check", "it"],
  interval: 5e9,
  timeout: 2e9,
  startPeriod: 60e9,
  retries: 4,
};
const plan = (from: ImageHealthCheck | undefined, options: Partial<HealthOptions> = {}) =>
  planHealthCheck(from, { isOff: false, ...options });

describe("what is checked", () => {
  test("is as the image says, in milliseconds, with docker's defaults", () => {
    expect(plan(image)).toEqual({
      command: { kind: "exec", argv: ["check", "it"] },
      intervalMs: 5000,
      timeoutMs: 2000,
      startPeriodMs: 60_000,
      startIntervalMs: 5000,
      retries: 4,
      onFailure: "none",
    });
    expect(plan({ test: ["CMD-SHELL", "a | b"] })).toMatchObject({
      command: { kind: "shell", line: "a | b" },
      intervalMs: 30_000,
      timeoutMs: 30_000,
      startPeriodMs: 0,
      retries: 3,
    });
  });

  test("is what the flags say, as far as they say something", () => {
    expect(plan(image, { command: "true", intervalMs: 100, onFailure: "kill" })).toMatchObject({
      command: { kind: "shell", line: "true" },
      intervalMs: 100,
      timeoutMs: 2000,
      onFailure: "kill",
    });
  });

  test("is nothing where nothing is asked for, or none is", () => {
    expect(plan(undefined)).toBeUndefined();
    expect(plan({ test: ["NONE"] })).toBeUndefined();
    expect(plan({ test: [] })).toBeUndefined();
    expect(plan(image, { isOff: true, command: "true" })).toBeUndefined();
    expect(plan(image, { command: "none" })).toBeUndefined();
  });

  test("durations are written as docker writes them", () => {
    expect(["30s", "1m30s", "500ms", "1.5s", "0"].map((text) => parseHealthDuration("--x", text))).toEqual([
      30_000, 90_000, 500, 1500, 0,
    ]);
    for (const text of ["", "30", "s", "1x", "0.5ms", "-1s"])
      expect(() => parseHealthDuration("--x", text)).toThrow("--x");
  });
});

describe("the state of health", () => {
  const check = { ...plan(image), retries: 2 } as NonNullable<ReturnType<typeof plan>>;
  const result = (exitCode: number) => ({ startedAt: "s", endedAt: "e", exitCode, output: "" });
  /** Outcomes one after the other, and how long the container had been running at each. */
  const after = (...outcomes: readonly (readonly [exitCode: number, ranMs: number])[]): HealthState => {
    let state = initialHealth(check, 1000);
    for (const [exitCode, ranMs] of outcomes)
      state = afterProbe(check, state, result(exitCode), { now: 1000 + ranMs / 1000, ranMs });
    return state;
  };

  test("begins with starting, and the first check after an interval", () => {
    expect(after()).toMatchObject({ status: "starting", failures: 0, nextAt: 1005 });
  });

  test("one success makes it healthy, and ends the start period", () => {
    expect(after([0, 5000])).toMatchObject({ status: "healthy", hasStarted: true, nextAt: 1010 });
    expect(after([0, 5000], [1, 10_000], [1, 15_000])).toMatchObject({ status: "unhealthy", failures: 2 });
  });

  test("failures in the start period do not count", () => {
    expect(after([1, 5000], [1, 10_000], [1, 15_000])).toMatchObject({ status: "starting", failures: 0 });
    expect(after([1, 5000], [1, 61_000])).toMatchObject({ status: "starting", failures: 1 });
    expect(after([1, 61_000], [-1, 66_000])).toMatchObject({ status: "unhealthy", failures: 2 });
  });

  test("only failures in a row count, and a success mends everything", () => {
    expect(after([1, 61_000], [0, 62_000], [1, 63_000])).toMatchObject({ status: "healthy", failures: 1 });
    expect(after([1, 61_000], [1, 62_000], [0, 63_000])).toMatchObject({ status: "healthy", failures: 0 });
  });

  test("keeps the last five outcomes", () => {
    expect(after([0, 1], [1, 2], [2, 3], [3, 4], [4, 5], [5, 6]).log.map(({ exitCode }) => exitCode)).toEqual(
      [1, 2, 3, 4, 5],
    );
  });

  test("in the start period the start interval counts, where it is shorter", () => {
    const slow = { ...check, intervalMs: 30_000, startIntervalMs: 1000 };
    const first = initialHealth(slow, 0);
    expect(first.nextAt).toBe(1);
    expect(afterProbe(slow, first, result(1), { now: 1, ranMs: 1000 }).nextAt).toBe(2);
    expect(afterProbe(slow, first, result(1), { now: 61, ranMs: 61_000 }).nextAt).toBe(91);
    expect(afterProbe(slow, first, result(0), { now: 1, ranMs: 1000 }).nextAt).toBe(31);
  });
});
