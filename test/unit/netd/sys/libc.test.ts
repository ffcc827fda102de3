import { expect, test } from "bun:test";
import { getSocketOption, unixSocketPair } from "../../../../netd/sys/libc.ts";

test("a socket's options are read right however often: compiled code moves arrays that it knows", () => {
  const [left, right] = unixSocketPair();
  using _left = left;
  using _right = right;
  const [peerCredentials, peerGroups] = [17, 59];
  const mostGroupBytes = 65_536 * 4;
  const groups = getSocketOption(left.number, peerGroups, mostGroupBytes);
  for (let round = 0; round < 20_000; round++) {
    expect(getSocketOption(left.number, peerCredentials, 12)).toHaveLength(12);
    if (round % 100 === 0) expect(getSocketOption(left.number, peerGroups, mostGroupBytes)).toEqual(groups);
  }
});
