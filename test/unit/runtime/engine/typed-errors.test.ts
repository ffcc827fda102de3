import { expect, test } from "bun:test";
import { rmSync, writeFileSync } from "node:fs";
import { CntnrError, openEngine } from "../../../../runtime/engine/engine.ts";
import { withTypedErrors } from "../../../../runtime/engine/typed-errors.ts";
import { ScratchStore } from "../../../fixtures/scratch-store.ts";

const failing = (errno: string) =>
  Object.assign(new Error(`${errno}: it failed, open '/there'`), { code: errno, path: "/there" });

class Room {
  readonly #secret = "kept";
  constructor(private readonly error: Error) {}
  async work(): Promise<string> {
    throw this.error;
  }
  atOnce(): string {
    throw this.error;
  }
  async *each(): AsyncGenerator<string> {
    yield this.#secret;
    throw this.error;
  }
}

test.each([
  ["ENOSPC", "disk-full"],
  ["EDQUOT", "disk-full"],
  ["EACCES", "not-permitted"],
  ["EROFS", "engine"],
  ["EISDIR", "engine"],
] as const)("what a disk refuses with %s is a CntnrError `%s`", async (errno, code) => {
  const error = failing(errno);
  const room = withTypedErrors(new Room(error));
  const found: unknown[] = [];
  await room.work().catch((thrown) => found.push(thrown));
  try {
    room.atOnce();
  } catch (thrown) {
    found.push(thrown);
  }
  const seen: string[] = [];
  try {
    for await (const text of room.each()) seen.push(text);
  } catch (thrown) {
    found.push(thrown);
  }
  expect(seen).toEqual(["kept"]);
  expect(found).toHaveLength(3);
  for (const thrown of found) {
    expect(thrown).toBeInstanceOf(CntnrError);
    expect(thrown).toMatchObject({ code, cause: error });
  }
});

test("other errors, and reasons of signals, stay what they are", async () => {
  const error = new DOMException("given up", "AbortError");
  expect(
    await withTypedErrors(new Room(error))
      .work()
      .catch((thrown) => thrown),
  ).toBe(error);
});

test("an engine whose store is not what it should be throws CntnrError", async () => {
  await using store = new ScratchStore();
  const { data, run } = store.directories;
  const engine = openEngine({ storeDir: data, stateDir: run });
  rmSync(engine.directories.volumes, { recursive: true });
  writeFileSync(engine.directories.volumes, "");
  expect(await engine.volumes.list().catch((thrown) => thrown)).toBeInstanceOf(CntnrError);
});
