import { expect, test } from "bun:test";
import { isContainerId, newContainerId, shortId } from "../../../../runtime/container/container-id.ts";

test("no container's host name can be taken for an address", () => {
  const ids = Array.from({ length: 20_000 }, newContainerId);
  expect(ids.every(isContainerId)).toBe(true);
  expect(ids.map(shortId).filter((name) => /^\d+$/.test(name))).toEqual([]);
});
