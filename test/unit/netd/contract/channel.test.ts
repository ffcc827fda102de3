import { expect, test } from "bun:test";
import { writeSync } from "node:fs";
import { Channel, type ChannelLimits } from "../../../../netd/contract/channel.ts";
import { unixSocketPair } from "../../../../netd/sys/libc.ts";
import { waitFor } from "../../../fixtures/wait-for.ts";

const limits: ChannelLimits = { lineBytes: 1000, backlogBytes: 1 << 20 };

/** One end as a channel with what it has heard, the other as a descriptor. */
function channel(changes: Partial<ChannelLimits> = {}) {
  const [ours, theirs] = unixSocketPair();
  const heard: unknown[] = [];
  const ends: (string | undefined)[] = [];
  const end = new Channel(
    ours.number,
    { ...limits, ...changes },
    {
      onMessage: (message) => heard.push(message),
      onEnd: (fault) => ends.push(fault),
    },
  );
  return { end, theirs, heard, ends, write: (text: string) => writeSync(theirs.number, text) };
}

const oneEnd = (ends: readonly unknown[]) => waitFor(() => ends.length === 1, { what: "the end" });

test("messages arrive whole and in order, however they are cut", async () => {
  const { heard, write } = channel();
  write('{"a":1}\n{"b":');
  await waitFor(() => heard.length === 1, { what: "the first" });
  write('2}\n"\\u00e4"\n');
  await waitFor(() => heard.length === 3, { what: "the others" });
  expect(heard).toEqual([{ a: 1 }, { b: 2 }, "ä"]);
});

test("both ends talk to each other", async () => {
  const [left, right] = unixSocketPair();
  const heard: unknown[] = [];
  const quiet = { onMessage: () => undefined, onEnd: () => undefined };
  const one = new Channel(left.number, limits, quiet);
  const other = new Channel(right.number, limits, { ...quiet, onMessage: (message) => heard.push(message) });
  for (let number = 0; number < 1000; number++) one.send({ number });
  await waitFor(() => heard.length === 1000, { what: "all messages" });
  expect(heard.at(-1)).toEqual({ number: 999 });
  one[Symbol.dispose]();
  other[Symbol.dispose]();
});

test.each([
  ["is no JSON", "hello\n"],
  ["is too long", `"${"x".repeat(1000)}"\n`],
  ["does not end", "x".repeat(1001)],
])("a line that %s is the end, and says why", async (_, text) => {
  const { ends, heard, write } = channel();
  write(text);
  await oneEnd(ends);
  expect(ends).toEqual([expect.stringMatching(/too long|no JSON/)]);
  expect(heard).toEqual([]);
});

test("nothing is heard after a line that was the end", async () => {
  const { ends, heard, write } = channel();
  write('{"a":1}\nhello\n{"b":2}\n');
  await oneEnd(ends);
  expect(heard).toEqual([{ a: 1 }]);
});

test("the end of the other half is an end without a fault", async () => {
  const { ends, theirs } = channel();
  theirs[Symbol.dispose]();
  await oneEnd(ends);
  expect(ends).toEqual([undefined]);
});

test("who does not read what he is told is given up", async () => {
  const { end, ends } = channel({ backlogBytes: 1 << 16 });
  for (let number = 0; number < 100_000 && ends.length === 0; number++)
    end.send({ number, text: "x".repeat(100) });
  expect(ends).toEqual(["it does not read what it is told"]);
  end.send({ more: 1 });
  expect(ends).toHaveLength(1);
});
