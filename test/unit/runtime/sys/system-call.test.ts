import { dlopen } from "bun:ffi";
import { expect, test } from "bun:test";
import { query, SystemCallError } from "../../../../runtime/sys/system-call.ts";

const { close, rmdir } = dlopen("libc.so.6", {
  close: { args: ["i32"], returns: "i32" },
  rmdir: { args: ["ptr"], returns: "i32" },
}).symbols;
const badDescriptor = () => close(-1); // EBADF
const missing = () => rmdir(Buffer.from("/nowhere/at/all\0")); // ENOENT

test("an error that is not expected is asked about again before it is believed", () => {
  const answers = [badDescriptor, missing];
  expect(query("rmdir", () => (answers.shift() ?? missing)(), ["ENOENT"])).toBeUndefined();
  expect(answers).toEqual([]);
});

test("an error that stays is thrown by its name", () => {
  expect(() => query("close", badDescriptor, ["ENOENT"])).toThrow(new SystemCallError("close", 9));
});

test("a result is a number", () => {
  expect(query("ask", () => 7n, [])).toBe(7);
});
