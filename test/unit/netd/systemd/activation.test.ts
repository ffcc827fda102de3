import { expect, test } from "bun:test";
import { parseActivation } from "../../../../netd/systemd/activation.ts";

const nothing = { users: undefined, admin: undefined, stored: new Map() };

test("sockets are known by their names, and all else is what was stored", () => {
  const env = { LISTEN_PID: "7", LISTEN_FDS: "4", LISTEN_FDNAMES: "feed:admin:users:beef" };
  expect(parseActivation(env, 7)).toEqual({
    users: 5,
    admin: 4,
    stored: new Map([
      ["feed", 3],
      ["beef", 6],
    ]),
  });
});

test("what is meant for another process is not taken", () => {
  const env = { LISTEN_PID: "8", LISTEN_FDS: "1", LISTEN_FDNAMES: "users" };
  expect(parseActivation(env, 7)).toEqual(nothing);
  expect(parseActivation({}, 7)).toEqual(nothing);
});

test.each([
  ["names that are too few", { LISTEN_FDS: "2", LISTEN_FDNAMES: "users" }],
  ["a name that is there twice", { LISTEN_FDS: "2", LISTEN_FDNAMES: "users:users" }],
  ["no number", { LISTEN_FDS: "many", LISTEN_FDNAMES: "users" }],
  ["no names at all", { LISTEN_FDS: "2" }],
])("%s is refused: nothing would be what it is taken for", (_, env) => {
  expect(() => parseActivation({ LISTEN_PID: "7", ...env }, 7)).toThrow();
});
