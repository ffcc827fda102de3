import { expect, test } from "bun:test";
import { lockHolder } from "../../../netd/namespace-lock.ts";

const locks = `1: POSIX  ADVISORY  READ 10810 00:04:4026531833 128 128
2: FLOCK  ADVISORY  WRITE 4444 fe:00:5326244 0 EOF
2: -> FLOCK  ADVISORY  WRITE 9968 00:04:4026531833 0 EOF
3: FLOCK  ADVISORY  WRITE 10891 00:04:4026531833 0 EOF
4: FLOCK  ADVISORY  WRITE 77 103:102:9 0 EOF
`;

test("who holds a lock is the one that has it, not who waits or has another kind", () => {
  expect(lockHolder(locks, 0x04, 4026531833)).toBe(10891);
  expect(lockHolder(locks, 0xfe00, 5326244)).toBe(4444);
  expect(lockHolder(locks, 0x110302, 9)).toBe(77);
  expect(lockHolder(locks, 0x05, 4026531833)).toBeUndefined();
});
