import { expect, test } from "bun:test";
import { TokenBucket, TokenBuckets } from "../../../../netd/fairness/token-bucket.ts";

test("gives the burst at once and then as much as comes back", () => {
  let now = 0;
  const bucket = new TokenBucket({ burst: 3, perSecond: 2 }, () => now);
  expect([1, 2, 3, 4].map(() => bucket.take())).toEqual([true, true, true, false]);
  now = 499;
  expect(bucket.take()).toBe(false);
  now = 501;
  expect(bucket.take()).toBe(true);
  now = 1_000_000;
  expect([1, 2, 3, 4].map(() => bucket.take())).toEqual([true, true, true, false]);
});

test("says how long a debt takes", () => {
  let now = 0;
  const bucket = new TokenBucket({ burst: 1, perSecond: 10 }, () => now);
  expect([1, 2, 3].map(() => bucket.borrow())).toEqual([0, 100, 200]);
  bucket.giveBack();
  expect(bucket.borrow()).toBe(200);
  now = 1000;
  expect(bucket.isFull).toBe(true);
});

test("is per user, and forgets users who have not been seen for long", () => {
  let now = 0;
  const buckets = new TokenBuckets({ burst: 1, perSecond: 1 }, () => now);
  expect(buckets.of(1).take()).toBe(true);
  expect(buckets.of(2).take()).toBe(true);
  expect(buckets.of(1).take()).toBe(false);
  const first = buckets.of(1);
  now = 5000;
  for (let uid = 10; uid < 80; uid++) buckets.of(uid);
  expect(buckets.of(1)).not.toBe(first);
});
