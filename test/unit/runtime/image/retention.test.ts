import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { digestOfHex } from "../../../../runtime/image/digest.ts";
import { planRetention, type RetainedName } from "../../../../runtime/image/retention.ts";

const now = 1_000_000;
const digest = (number: number) => digestOfHex(number.toString(16).padStart(64, "0"));

function named(name: string, image: number, more: Partial<RetainedName> = {}): RetainedName {
  return {
    name,
    repository: name.split(":")[0] ?? "",
    manifestDigest: digest(image),
    namedAtMs: now,
    usedAtMs: now,
    parts: new Map([[`part ${image}`, 100]]),
    ...more,
  };
}

const plan = (names: readonly RetainedName[], limits: object, used: readonly number[] = []) =>
  planRetention(names, limits, new Set(used.map(digest)), now).map(({ name }) => name);

describe("what goes", () => {
  test("is nothing without limits", () => {
    expect(plan([named("a:1", 1, { usedAtMs: 1, namedAtMs: 1 })], {})).toEqual([]);
  });

  test("by age counts from the last use or naming, whichever was later", () => {
    const old = { usedAtMs: now - 500, namedAtMs: now - 500 };
    const names = [
      named("old:1", 1, old),
      named("used:1", 2, { ...old, usedAtMs: now - 10 }),
      named("named:1", 3, { ...old, namedAtMs: now - 10 }),
      named("unknown:1", 4, { usedAtMs: 0, namedAtMs: 0 }),
    ];
    expect(plan(names, { imageTtlMs: 100 })).toEqual(["old:1"]);
    expect(plan(names, { imageTtlMs: 100 }, [1])).toEqual([]);
  });

  test("by the age of names leaves younger names of the same image", () => {
    const names = [named("a:1", 1, { namedAtMs: now - 500 }), named("a:2", 1)];
    expect(plan(names, { nameTtlMs: 100 })).toEqual(["a:1"]);
  });

  test("by number leaves the youngest of each repository, and images without a name", () => {
    const names = [1, 2, 3].map((n) => named(`a:${n}`, n, { namedAtMs: now + n }));
    expect(plan([...names, named("b:1", 4), named("", 5)], { mostPerRepository: 2 })).toEqual(["a:1"]);
  });

  test("by size goes from the least recently used, and counts shared parts once, until they are nobody's", () => {
    const shared = ["shared", 1000] as const;
    const names = [
      named("a:1", 1, { namedAtMs: 1, usedAtMs: 1, parts: new Map([shared, ["own 1", 10]]) }),
      named("a:2", 2, { namedAtMs: 2, usedAtMs: 2, parts: new Map([shared, ["own 2", 10]]) }),
      named("a:3", 3, { namedAtMs: 3, usedAtMs: 3, parts: new Map([["own 3", 10]]) }),
    ];
    expect(plan(names, { mostBytes: 1030 })).toEqual([]);
    expect(plan(names, { mostBytes: 1029 })).toEqual(["a:1"]);
    expect(plan(names, { mostBytes: 1000 })).toEqual(["a:1", "a:2"]);
    expect(plan(names, { mostBytes: 1000 }, [2])).toEqual(["a:1", "a:3"]);
  });

  test("is never in use, whatever the limits are", () => {
    const name = fc.record({
      image: fc.integer({ min: 0, max: 5 }),
      repository: fc.constantFrom("a", "b", ""),
      tag: fc.integer({ min: 0, max: 3 }),
      at: fc.integer({ min: 0, max: now }),
    });
    const limit = fc.option(fc.integer({ min: 0, max: now }), { nil: undefined });
    fc.assert(
      fc.property(
        fc.array(name),
        fc.tuple(limit, limit, limit, limit),
        (list, [ttl, nameTtl, most, size]) => {
          const names = list.map(({ image, repository, tag, at }) =>
            named(repository === "" ? "" : `${repository}:${tag}`, image, { usedAtMs: at, namedAtMs: at }),
          );
          const limits = {
            ...(ttl === undefined ? {} : { imageTtlMs: ttl }),
            ...(nameTtl === undefined ? {} : { nameTtlMs: nameTtl }),
            ...(most === undefined ? {} : { mostPerRepository: most }),
            ...(size === undefined ? {} : { mostBytes: size }),
          };
          const inUse = new Set([digest(0), digest(3)]);
          for (const { manifestDigest } of planRetention(names, limits, inUse, now))
            expect(inUse.has(manifestDigest)).toBe(false);
        },
      ),
    );
  });
});
