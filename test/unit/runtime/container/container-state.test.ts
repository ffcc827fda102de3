import { describe, expect, test } from "bun:test";
import type { ContainerRecord } from "../../../../runtime/container/container-record.ts";
import {
  type ContainerFacts,
  isActive,
  overdueOf,
  stateOf,
} from "../../../../runtime/container/container-state.ts";
import { makeRecord } from "./make-record.ts";

const began = "2026-01-01T00:00:00.000Z";
const nothing: ContainerFacts = {
  isPaused: false,
  isPauseAbandoned: false,
  isMade: false,
  isCreatorAlive: false,
  isStarterAlive: false,
  isConmonAlive: false,
  hasRuntimeState: false,
};
const made = { ...nothing, isMade: true };
const lived = { ...made, lifeBegan: began };
const init = { pid: 7, isStarted: true, startedAt: "2026-01-01T00:00:01.000Z" };
const unstarted = { ...init, isStarted: false };
const exit = (text: string) => ({ text, finishedAt: "2026-01-01T00:00:02.000Z" });
const run = makeRecord({ madeBy: "run" });
const runOnce = makeRecord({ madeBy: "run", autoRemove: true });
const create = makeRecord({ madeBy: "create" });

type Case = readonly [string, ContainerRecord, ContainerFacts, string, ReturnType<typeof overdueOf>];
const cases: readonly Case[] = [
  ["its creator is still making it", run, { ...nothing, isCreatorAlive: true }, "creating", "nothing"],
  ["its creator was killed while he made it", run, nothing, "dead", "discard"],
  ["made, and `run` has not started it yet", run, { ...made, isCreatorAlive: true }, "creating", "nothing"],
  ["made, and `run` was killed before it started it", run, made, "created", "nothing"],
  ["made, and `run --rm` was killed before it started it", runOnce, made, "created", "discard"],
  ["made by a `create` that goes on", create, { ...made, isCreatorAlive: true }, "created", "nothing"],
  ["made by `create`", create, made, "created", "nothing"],
  ["a life has begun", create, { ...lived, isStarterAlive: true }, "starting", "nothing"],
  ["the starter was killed before conmon was there", create, lived, "dead", "clean-up"],
  [
    "created by the runtime, to be started by its starter",
    run,
    { ...lived, init: unstarted, isStarterAlive: true, isConmonAlive: true, hasRuntimeState: true },
    "starting",
    "nothing",
  ],
  [
    "created by the runtime, and its starter was killed",
    run,
    { ...lived, init: unstarted, isConmonAlive: true, hasRuntimeState: true },
    "starting",
    "clean-up",
  ],
  [
    "running under conmon",
    run,
    { ...lived, init, isConmonAlive: true, hasRuntimeState: true },
    "running",
    "nothing",
  ],
  [
    "paused for somebody's work, who was killed at it",
    run,
    { ...lived, init, isPaused: true, isPauseAbandoned: true, isConmonAlive: true },
    "paused",
    "unpause",
  ],
  ["paused", run, { ...lived, init, isPaused: true, isConmonAlive: true }, "paused", "nothing"],
  ["running, conmon was killed", run, { ...lived, init, hasRuntimeState: true }, "running", "nothing"],
  ["ended after conmon was killed", run, { ...lived, hasRuntimeState: true }, "dead", "clean-up"],
  [
    "ended, conmon is cleaning up",
    run,
    { ...lived, exit: exit("3"), isConmonAlive: true, hasRuntimeState: true },
    "exited",
    "nothing",
  ],
  [
    "ended, the clean-up was killed",
    run,
    { ...lived, exit: exit("3"), hasRuntimeState: true },
    "exited",
    "clean-up",
  ],
  ["ended and cleaned up", run, { ...lived, exit: exit("3\n") }, "exited", "nothing"],
  ["ended and cleaned up, but for its removal", runOnce, { ...lived, exit: exit("3") }, "exited", "discard"],
  ["ended unseen, and settled", run, { ...lived, exit: exit("137 lost") }, "dead", "nothing"],
  [
    "waiting for its restart",
    run,
    { ...lived, exit: exit("3"), restart: "waiting" },
    "restarting",
    "nothing",
  ],
  [
    "whoever waited for its restart was killed",
    run,
    { ...lived, exit: exit("3"), restart: { restarts: 1, restartDelayMs: 100, waitMs: 7 } },
    "restarting",
    "restart",
  ],
  ["its next life has begun", run, { ...lived, exit: exit("3"), isStarterAlive: true }, "exited", "nothing"],
];

describe("the state follows from facts", () => {
  test.each(cases)("%s", (_, record, facts, kind, overdue) => {
    expect(stateOf(record, facts).kind).toBe(kind as ReturnType<typeof stateOf>["kind"]);
    expect(overdueOf(record, facts)).toBe(overdue);
  });

  test("an exit code is kept, and a damaged exit file is not one", () => {
    expect(stateOf(run, { ...lived, exit: exit("143") })).toMatchObject({ exitCode: 143 });
    expect(stateOf(run, { ...lived, exit: exit("") }).kind).toBe("dead");
  });

  test("what has ended or was never started is not active", () => {
    expect(isActive(stateOf(run, { ...lived, exit: exit("0") }))).toBe(false);
    expect(isActive(stateOf(run, lived))).toBe(false);
    expect(isActive(stateOf(create, made))).toBe(false);
    expect(isActive(stateOf(run, { ...lived, init }))).toBe(true);
  });
});
