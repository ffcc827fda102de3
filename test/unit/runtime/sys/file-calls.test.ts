import { afterAll, expect, test } from "bun:test";
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  getAttribute,
  listAttributes,
  setAttribute,
  setFileTimes,
  setTimes,
} from "../../../../runtime/sys/file-calls.ts";

const directory = mkdtempSync(join(tmpdir(), "cntnr-file-calls-"));
afterAll(() => rmSync(directory, { recursive: true }));

/** More than it takes until all of it is compiled. */
const rounds = 40_000;

test("times are set right however often: compiled code moves arrays that it knows", () => {
  const path = join(directory, "times");
  writeFileSync(path, "");
  const fd = openSync(path, "r+");
  for (let round = 1; round <= rounds; round++) {
    const modified = { seconds: 1_000_000 + round, nanoseconds: 0 };
    if (round % 2 === 0) setFileTimes(fd, modified);
    else setTimes(path, modified);
    if (round % 50 === 0 || round > rounds - 50) expect(statSync(path).mtimeMs).toBe(modified.seconds * 1000);
  }
  closeSync(fd);
});

test("attributes are named right however often", () => {
  const path = join(directory, "attributes");
  writeFileSync(path, "");
  for (let round = 1; round <= rounds; round++) {
    const name = `user.number-${round % 10}`;
    if (round % 2 === 0) setAttribute(path, name, Buffer.from([round % 250]));
    else expect(getAttribute(path, name)?.length).toBeUndefined();
  }
  expect(listAttributes(path).toSorted()).toEqual([0, 2, 4, 6, 8].map((number) => `user.number-${number}`));
});
