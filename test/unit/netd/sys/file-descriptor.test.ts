import { expect, test } from "bun:test";
import { fstatSync, openSync } from "node:fs";
import { FileDescriptor } from "../../../../netd/sys/libc.ts";

test("a descriptor that was closed is not used any more: its number may be something else's by now (P13, N7)", () => {
  const fd = new FileDescriptor(openSync("/dev/null", "r"));
  const { number, path } = fd;
  expect(path).toBe(`/proc/self/fd/${number}`);
  fd[Symbol.dispose]();
  expect(() => fstatSync(number)).toThrow("EBADF");
  const other = new FileDescriptor(openSync("/dev/null", "r"));
  expect(other.number).toBe(number);
  expect(() => fd.number).toThrow("after it was closed");
  expect(() => fd.path).toThrow("after it was closed");
  fd[Symbol.dispose]();
  expect(fstatSync(number).isCharacterDevice()).toBe(true);
  other[Symbol.dispose]();
});
