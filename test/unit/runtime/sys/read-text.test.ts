import { afterAll, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readIfPermitted, readIfThere, readOfProcess } from "../../../../runtime/sys/read-text.ts";

const directory = mkdtempSync(join(tmpdir(), "read-text-"));
afterAll(() => rmSync(directory, { recursive: true }));

test("a file's text is read, none where it is missing, and no other error is hidden", () => {
  const path = join(directory, "file");
  writeFileSync(path, "text\n");
  for (const read of [readIfThere, readIfPermitted]) {
    expect(read(path)).toBe("text\n");
    expect(read(join(directory, "missing"))).toBeUndefined();
    expect(() => read(directory)).toThrow("EISDIR");
    expect(() => read(join(path, "below"))).toThrow("ENOTDIR");
  }
});

test("that a file may not be read is an error to who has not asked for that", () => {
  // The kernel lets nobody read this one, root neither.
  const writeOnly = "/proc/sys/net/ipv4/route/flush";
  expect(readIfPermitted(writeOnly)).toBeUndefined();
  expect(() => readIfThere(writeOnly)).toThrow("EACCES");
});

test("a process has a text while it is there, and no other error is hidden", () => {
  expect(readOfProcess("/proc/self/status")).toContain("Pid:");
  // More than any process's number (proc_sys_kernel(5), pid_max).
  expect(readOfProcess("/proc/4194305/status")).toBeUndefined();
  expect(() => readOfProcess("/proc/self")).toThrow("EISDIR");
});
