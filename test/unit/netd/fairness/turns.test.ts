import { beforeEach, describe, expect, test } from "bun:test";
import fc from "fast-check";
import { Turns } from "../../../../netd/fairness/turns.ts";

let events: string[];
beforeEach(() => {
  events = [];
});

/** Work that notes its begin and end, and ends when told to. */
function work(name: string) {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const run = async () => {
    events.push(`${name} begins`);
    try {
      return await promise;
    } finally {
      events.push(`${name} ends`);
    }
  };
  return { run, end: () => resolve(name), fail: () => reject(new Error(name)) };
}

/** Lets everything run that waits for nothing but promises that are settled. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

const begun = () => events.filter((event) => event.endsWith("begins")).map((event) => event.split(" ")[0]);
const wide = { atOnce: 100, atOncePerUid: 100 };
const [alice, bob] = [1001, 1002];

describe("what one user does", () => {
  test("runs one after the other where it shares a key, in the order of asking (R9)", async () => {
    const turns = new Turns(wide);
    const [a, b, c] = [work("a"), work("b"), work("c")];
    const all = [a, b, c].map(({ run }) => turns.run(alice, "lab", run));
    await settle();
    expect(events).toEqual(["a begins"]);
    expect(turns.waitingCount).toBe(2);
    c.end();
    b.end();
    a.end();
    expect(await Promise.all(all)).toEqual(["a", "b", "c"]);
    expect(events).toEqual(["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]);
  });

  test("runs at the same time where it shares no key", async () => {
    const turns = new Turns(wide);
    const [a, b] = [work("a"), work("b")];
    const all = [turns.run(alice, "lab", a.run), turns.run(alice, "web", b.run)];
    await settle();
    expect(begun()).toEqual(["a", "b"]);
    a.end();
    b.end();
    await Promise.all(all);
  });

  test("goes on after something failed, and tells only its own caller", async () => {
    const turns = new Turns(wide);
    const [a, b] = [work("a"), work("b")];
    const [first, second] = [turns.run(alice, "lab", a.run), turns.run(alice, "lab", b.run)];
    a.fail();
    b.end();
    await expect(first).rejects.toThrow("a");
    expect(await second).toBe("b");
  });

  test("waits for all of several keys, and is not overtaken for ever by what needs one of them", async () => {
    const turns = new Turns(wide);
    const [a, both, b, c] = [work("a"), work("both"), work("b"), work("c")];
    const all = [
      turns.run(alice, "lab", a.run),
      turns.run(alice, ["lab", "web"], both.run),
      turns.run(alice, "web", b.run),
      turns.run(alice, "other", c.run),
    ];
    await settle();
    expect(begun()).toEqual(["a", "c"]);
    a.end();
    await settle();
    expect(begun()).toEqual(["a", "c", "both"]);
    for (const { end } of [both, b, c]) end();
    await Promise.all(all);
  });
});

describe("several users", () => {
  test("take turns, however much one of them asks for (Q5)", async () => {
    const turns = new Turns(wide);
    const mine = Array.from({ length: 6 }, (_, index) => work(`alice${index}`));
    const yours = [work("bob0"), work("bob1")];
    const all = mine.map(({ run }) => turns.run(alice, "lab", run));
    await settle();
    all.push(...yours.map(({ run }) => turns.run(bob, "lab", run)));
    for (const { end } of [...mine, ...yours]) end();
    await Promise.all(all);
    expect(begun()).toEqual(["alice0", "bob0", "alice1", "bob1", "alice2", "alice3", "alice4", "alice5"]);
  });

  test("share what is done at once: one user alone has only a part of it", async () => {
    const turns = new Turns({ atOnce: 3, atOncePerUid: 2 });
    const mine = ["a", "b", "c"].map((key) => ({ key, ...work(`alice-${key}`) }));
    const yours = ["d", "e"].map((key) => ({ key, ...work(`bob-${key}`) }));
    const all = [
      ...mine.map(({ key, run }) => turns.run(alice, key, run)),
      ...yours.map(({ key, run }) => turns.run(bob, key, run)),
    ];
    await settle();
    expect(begun()).toEqual(["alice-a", "alice-b", "bob-d"]);
    for (const { end } of [...mine, ...yours]) end();
    await Promise.all(all);
    expect(begun()).toHaveLength(5);
  });
});

describe("who does not want to wait any longer", () => {
  test("is taken out of the queue, and what runs already goes on", async () => {
    const turns = new Turns(wide);
    const [a, b, c] = [work("a"), work("b"), work("c")];
    const [running, waiting] = [new AbortController(), new AbortController()];
    const first = turns.run(alice, "lab", a.run, running.signal);
    const second = turns.run(alice, "lab", b.run, waiting.signal);
    const third = turns.run(alice, "lab", c.run);
    running.abort(new Error("too late"));
    waiting.abort(new Error("gone"));
    await expect(second).rejects.toThrow("gone");
    a.end();
    c.end();
    expect(await Promise.all([first, third])).toEqual(["a", "c"]);
    await expect(turns.run(alice, "lab", b.run, waiting.signal)).rejects.toThrow("gone");
    expect(begun()).toEqual(["a", "c"]);
  });
});

test("what runs alone waits for all that runs, and all else for it", async () => {
  const turns = new Turns(wide);
  const [a, b, c, alone, another] = [work("a"), work("b"), work("c"), work("alone"), work("another")];
  const all = [
    turns.run(alice, "lab", a.run),
    turns.run(alice, "lab", b.run),
    turns.runAlone(alone.run),
    turns.runAlone(another.run),
    turns.run(bob, "web", c.run),
  ];
  await settle();
  expect(begun()).toEqual(["a"]);
  a.end();
  await settle();
  expect(begun()).toEqual(["a", "alone"]);
  alone.fail();
  await settle();
  expect(begun()).toEqual(["a", "alone", "another"]);
  another.end();
  await settle();
  expect(begun()).toEqual(["a", "alone", "another", "c", "b"]);
  b.end();
  c.end();
  await Promise.allSettled(all);
});

test("nothing is lost, no key is shared and no bound is exceeded, whatever comes in which order", async () => {
  const task = fc.record({
    uid: fc.integer({ min: 1, max: 3 }),
    keys: fc.uniqueArray(fc.constantFrom("a", "b", "c"), { maxLength: 3 }),
    steps: fc.integer({ min: 0, max: 3 }),
    gives: fc.constantFrom("result", "failure", "abort"),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(task, { maxLength: 30 }), async (tasks) => {
      const turns = new Turns({ atOnce: 3, atOncePerUid: 2 });
      const held = new Set<string>();
      let running = 0;
      const all = tasks.map(({ uid, keys, steps, gives }) => {
        const abort = new AbortController();
        const done = turns.run(
          uid,
          keys,
          async () => {
            expect(++running).toBeLessThanOrEqual(3);
            for (const key of keys) expect(held.has(key)).toBe(false);
            for (const key of keys) held.add(key);
            for (let step = 0; step < steps; step++) await Promise.resolve();
            for (const key of keys) held.delete(key);
            running--;
            if (gives === "failure") throw new Error("failure");
          },
          abort.signal,
        );
        if (gives === "abort") queueMicrotask(() => abort.abort());
        return done;
      });
      await Promise.allSettled(all);
      expect(turns.waitingCount).toBe(0);
      expect(running).toBe(0);
      expect(await turns.run(1, ["a", "b", "c"], async () => "free")).toBe("free");
    }),
    { numRuns: 200 },
  );
});
