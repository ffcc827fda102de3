import { expect, test } from "bun:test";
import { KeyedSerializer } from "../../../../netd/cni/serial.ts";

/** Work that notes its begin and end, and ends when told to. */
function recorder() {
  const events: string[] = [];
  const work = (name: string) => {
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
  };
  return { events, work };
}

/** Lets everything run that waits for nothing but promises that are settled. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

test("runs what shares a key one after the other, in the order of asking (R9)", async () => {
  const { events, work } = recorder();
  const serializer = new KeyedSerializer();
  const [a, b, c] = [work("a"), work("b"), work("c")];
  const all = [a, b, c].map(({ run }) => serializer.run("lab", run));
  await settle();
  expect(events).toEqual(["a begins"]);
  c.end();
  b.end();
  a.end();
  expect(await Promise.all(all)).toEqual(["a", "b", "c"]);
  expect(events).toEqual(["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]);
});

test("runs what shares no key at the same time", async () => {
  const { events, work } = recorder();
  const serializer = new KeyedSerializer();
  const [a, b] = [work("a"), work("b")];
  const all = [serializer.run("lab", a.run), serializer.run("web", b.run)];
  await settle();
  expect(events).toEqual(["a begins", "b begins"]);
  a.end();
  b.end();
  await Promise.all(all);
});

test("goes on after one that failed, and tells only its own caller", async () => {
  const { work } = recorder();
  const serializer = new KeyedSerializer();
  const [a, b] = [work("a"), work("b")];
  const [first, second] = [serializer.run("lab", a.run), serializer.run("lab", b.run)];
  a.fail();
  b.end();
  await expect(first).rejects.toThrow("a");
  expect(await second).toBe("b");
});

test("waits for all of several keys, and never blocks for good", async () => {
  const { events, work } = recorder();
  const serializer = new KeyedSerializer();
  const [a, b, c, d] = [work("a"), work("b"), work("c"), work("d")];
  const all = [
    serializer.run(["lab", "ns:1"], a.run),
    serializer.run(["ns:1", "web"], b.run),
    serializer.run(["web", "lab"], c.run),
    serializer.run("ns:1", d.run),
  ];
  await settle();
  expect(events).toEqual(["a begins"]);
  for (const { end } of [a, b, c, d]) end();
  expect(await Promise.all(all)).toEqual(["a", "b", "c", "d"]);
  expect(events.indexOf("b ends")).toBeLessThan(events.indexOf("c begins"));
});
