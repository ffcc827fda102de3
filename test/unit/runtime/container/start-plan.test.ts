import { describe, expect, test } from "bun:test";
import type { ContainerFacts } from "../../../../runtime/container/container-state.ts";
import { planStart } from "../../../../runtime/container/start-container.ts";
import { makeRecord } from "./make-record.ts";

const ended: ContainerFacts = {
  isPaused: false,
  isPauseAbandoned: false,
  isMade: true,
  isCreatorAlive: false,
  lifeBegan: "2026-01-01T00:00:00.000Z",
  isStarterAlive: false,
  isConmonAlive: false,
  hasRuntimeState: false,
};
const init = { pid: 7, isStarted: true, startedAt: "2026-01-01T00:00:01.000Z" };
const exit = { text: "0", finishedAt: "2026-01-01T00:00:02.000Z" };
const record = makeRecord({ madeBy: "create", creator: { pid: 1, startTime: 1 } });

describe("whoever starts a container", () => {
  const cases: readonly (readonly [string, ContainerFacts, unknown])[] = [
    ["starts one that has ended", { ...ended, exit }, "start"],
    ["waits while conmon notes its exit", { ...ended, isConmonAlive: true, hasRuntimeState: true }, "wait"],
    ["waits while conmon cleans up", { ...ended, exit, isConmonAlive: true, hasRuntimeState: true }, "wait"],
    ["waits while only the runtime knows of it", { ...ended, exit, hasRuntimeState: true }, "wait"],
    [
      "is refused one that runs",
      { ...ended, init, isConmonAlive: true, hasRuntimeState: true },
      { kind: "running", pid: 7, startedAt: init.startedAt },
    ],
    [
      "is refused one that is paused",
      { ...ended, init, isPaused: true, isConmonAlive: true, hasRuntimeState: true },
      { kind: "paused", pid: 7, startedAt: init.startedAt },
    ],
    [
      "is refused one that somebody else is starting",
      { ...ended, isStarterAlive: true },
      { kind: "starting" },
    ],
    ["starts one that waits for its restart", { ...ended, exit, restart: "waiting" }, "start"],
  ];
  for (const [what, facts, plan] of cases)
    test(what, () => {
      expect(planStart(record, facts)).toEqual(plan as ReturnType<typeof planStart>);
    });
});
