import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lockFile, tryLockFile } from "../../../../runtime/sys/file-lock.ts";
import { errorName } from "../../../../runtime/sys/system-call.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "cntnr-lock-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

test("an errno has the one name by which the code asks for it", () => {
  expect([11, 95, 35, 2].map(errorName)).toEqual(["EAGAIN", "EOPNOTSUPP", "EDEADLK", "ENOENT"]);
});

describe("a lock on a file", () => {
  test("that somebody else holds cannot be had at once, and can be waited for", async () => {
    const path = join(directory, "lock");
    const first = tryLockFile(path, "exclusive");
    expect(first).toBeDefined();
    expect(tryLockFile(path, "exclusive")).toBeUndefined();
    expect(tryLockFile(path, "shared")).toBeUndefined();
    const second = lockFile(path, "exclusive");
    first?.[Symbol.dispose]();
    using held = await second;
    expect(held.fd).toBeGreaterThan(2);
  });

  test("may have several holders when it is shared", () => {
    const path = join(directory, "lock");
    using first = tryLockFile(path, "shared");
    using second = tryLockFile(path, "shared");
    expect(first && second).toBeDefined();
    expect(tryLockFile(path, "exclusive")).toBeUndefined();
  });
});
