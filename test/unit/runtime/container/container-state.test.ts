import { describe, expect, test } from "bun:test";
import { newContainerId } from "../../../../runtime/container/container-id.ts";
import type { ContainerRecord } from "../../../../runtime/container/container-record.ts";
import {
  type ContainerFacts,
  isActive,
  needsSettling,
  stateOf,
} from "../../../../runtime/container/container-state.ts";

const record: ContainerRecord = {
  version: 1,
  id: newContainerId(),
  name: "web",
  image: "image",
  imageId: "sha256:0",
  command: ["true"],
  createdAt: "2026-01-01T00:00:00.000Z",
  bootId: "boot",
  creator: { pid: 1, startTime: 1 },
  detached: true,
  autoRemove: false,
  tty: false,
  stdin: false,
  stopSignal: "SIGTERM",
  labels: {},
  network: { kind: "host" },
  layers: [],
};
const nothing: ContainerFacts = { isCreatorAlive: false, isConmonAlive: false, hasRuntimeState: false };
const init = { pid: 7, isStarted: true, startedAt: "2026-01-01T00:00:01.000Z" };
const exit = (text: string) => ({ text, finishedAt: "2026-01-01T00:00:02.000Z" });

const cases: readonly [string, ContainerFacts, ReturnType<typeof stateOf>["kind"], boolean][] = [
  ["its creator is still making it", { ...nothing, isCreatorAlive: true }, "creating", false],
  ["its creator was killed before there was anything", nothing, "dead", true],
  [
    "created, to be started by its creator",
    {
      ...nothing,
      init: { ...init, isStarted: false },
      isCreatorAlive: true,
      isConmonAlive: true,
      hasRuntimeState: true,
    },
    "created",
    false,
  ],
  [
    "created, and its creator was killed",
    { ...nothing, init: { ...init, isStarted: false }, isConmonAlive: true, hasRuntimeState: true },
    "created",
    true,
  ],
  [
    "running under conmon",
    { ...nothing, init, isConmonAlive: true, hasRuntimeState: true },
    "running",
    false,
  ],
  ["running, conmon was killed", { ...nothing, init, hasRuntimeState: true }, "running", false],
  ["ended after conmon was killed", { ...nothing, hasRuntimeState: true }, "dead", true],
  [
    "ended, conmon is cleaning up",
    { ...nothing, exit: exit("3"), isConmonAlive: true, hasRuntimeState: true },
    "exited",
    false,
  ],
  ["ended, the clean-up was killed", { ...nothing, exit: exit("3"), hasRuntimeState: true }, "exited", true],
  ["ended and cleaned up", { ...nothing, exit: exit("3\n") }, "exited", false],
  ["ended unseen, and settled", { ...nothing, exit: exit("137 lost") }, "dead", false],
];

describe("the state follows from facts", () => {
  test.each(cases)("%s", (_, facts, kind, isToBeSettled) => {
    expect(stateOf(record, facts).kind).toBe(kind);
    expect(needsSettling(facts)).toBe(isToBeSettled);
  });

  test("an exit code is kept, and a damaged exit file is not one", () => {
    expect(stateOf(record, { ...nothing, exit: exit("143") })).toMatchObject({ exitCode: 143 });
    expect(stateOf(record, { ...nothing, exit: exit("") }).kind).toBe("dead");
  });

  test("what has ended is not active", () => {
    expect(isActive(stateOf(record, { ...nothing, exit: exit("0") }))).toBe(false);
    expect(isActive(stateOf(record, nothing))).toBe(false);
    expect(isActive(stateOf(record, { ...nothing, init }))).toBe(true);
  });
});
