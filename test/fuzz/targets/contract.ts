import { writeSync } from "node:fs";
import { Channel, type ChannelLimits } from "../../../netd/contract/channel.ts";
import type { requestSchemas } from "../../../netd/contract/worker-calls.ts";
import { unixSocketPair } from "../../../netd/sys/libc.ts";
import { Calls, ProtocolViolation } from "../../../netd/worker/calls.ts";
import type { WorkerTable } from "../../../netd/worker/table.ts";
import { attachQuestion } from "../../fixtures/plans.ts";
import type { Random } from "../../fixtures/random.ts";
import { kindOf, type Target } from "../fuzz.ts";

const limits: ChannelLimits = { lineBytes: 4096, backlogBytes: 1 << 20 };

const { connection, id } = attachQuestion;

/** A question of a good form for each row of the worker's table. */
const questions: Readonly<Record<keyof typeof requestSchemas, object>> = {
  ready: {},
  alive: {},
  reap: {},
  health: {},
  configure: { networks: [{ network: "lab", conflist: "lab.conflist" }] },
  identify: { connection },
  look: { connection, netnsFd: 3, leaseFd: 4 },
  attach: attachQuestion,
  detach: { connection, id },
  endAny: { connection, id },
  collect: { connection, fix: ["pin", "lease"], discardUnreadable: false },
  takeBack: { id },
};
const rows = Object.keys(questions);

/** Values that forms are to keep out. */
const values: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1,
  0.5,
  65536,
  2 ** 31,
  2 ** 53,
  1e308,
  "",
  "0",
  "root",
  "a\nb",
  "\0",
  "../../etc/passwd",
  "/proc/1/ns/net",
  "10.0.0.1;GATEWAY=10.0.0.2",
  "10.0.0.0/8 accept",
  "x".repeat(200),
  [],
  [[]],
  {},
  { uid: 0 },
  id,
  ...rows,
];
const keys = [
  "uid",
  "pid",
  "path",
  "__proto__",
  "constructor",
  "toString",
  "call",
  "ask",
  "with",
  "plan",
  "id",
];
const dictionary = [
  "\n",
  "{",
  "}",
  "[",
  ",",
  '"',
  '"__proto__":',
  "\\u0000",
  "1e999",
  "null",
  "-0",
  "\ud800",
].map((text) => Buffer.from(text));

/** What somebody who has taken the front over can say to the worker: bytes on the channel, up to the worker's rows. */
export function contractTarget(): Target {
  return {
    name: "contract",
    mostBytes: 16_384,
    seeds: Object.entries(questions).map(([ask, request]) => line({ call: 1, ask, with: request })),
    dictionary,
    mutate: mutateLine,
    run: outcomeOf,
  };
}

const line = (value: unknown) => Buffer.from(`${JSON.stringify(value)}\n`);

function mutateLine(input: Buffer, random: Random): Buffer {
  const lines = input.toString("utf8").split("\n").slice(0, -1);
  const at = random.below(lines.length + 1);
  const changed = lines[at] === undefined ? randomQuestion(random) : changedLine(lines[at], random);
  return Buffer.from([...lines.slice(0, at), changed, ...lines.slice(at + 1), ""].join("\n"));
}

function randomQuestion(random: Random): string {
  const [ask, request] = random.pick(Object.entries(questions)) ?? ["reap", {}];
  return JSON.stringify({ call: random.below(5), ask, with: request });
}

function changedLine(text: string, random: Random): string {
  try {
    const depth = 1 + random.below(4);
    return JSON.stringify(changedValue(JSON.parse(text), random, depth)) ?? "";
  } catch {
    return text;
  }
}

/** A change somewhere below, at most so deep. */
function changedValue(value: unknown, random: Random, depth: number): unknown {
  if (typeof value !== "object" || value === null || depth === 0) return random.pick(values);
  const entries = Object.entries(value);
  const [key, old] = random.pick(entries) ?? [random.pick(keys) ?? "", undefined];
  const others = entries.filter(([other]) => other !== key);
  const changes = {
    other: () => [
      ...entries.filter((entry) => entry[0] !== key),
      [key, changedValue(old, random, depth - 1)],
    ],
    without: () => others,
    more: () => [...entries, [random.pick(keys) ?? "", random.pick(values)]],
    renamed: () => [...others, [random.pick(keys) ?? "", old]],
  };
  const change = random.of(["other", "other", "other", "without", "more", "renamed"]);
  const changed = changes[change]() as [string, unknown][];
  if (Array.isArray(value)) return changed.map(([, element]) => element);
  // Not by assignment: `__proto__` is to be a key like all others.
  return Object.fromEntries(changed);
}

async function outcomeOf(input: Buffer): Promise<string> {
  const heard: unknown[] = [];
  const row = (request: unknown) => {
    requireHarmless(request);
    heard.push(request);
    return {};
  };
  const table = Object.fromEntries(rows.map((name) => [name, row])) as unknown as WorkerTable;
  const calls = new Calls(table, () => undefined);
  const end = await feed(input, (message) => calls.take(message));
  return `${end === "end" ? `${Math.min(heard.length, 2)} asked, ` : ""}${kindOf(end)}`;
}

/** Gives the bytes to a channel, in pieces, and returns how that ended. */
function feed(input: Buffer, take: (message: unknown) => void): Promise<string> {
  const [ours, theirs] = unixSocketPair();
  using writer = theirs;
  return new Promise((resolve, reject) => {
    let violation: string | undefined;
    const channel = new Channel(ours.number, limits, {
      onMessage: (message) => {
        try {
          if (violation === undefined) take(message);
        } catch (error) {
          if (!(error instanceof ProtocolViolation)) return reject(error);
          violation = `violation: ${error.message.replace(/\/(networks|ports|fix|staticIps|egress|hostAccess)\/\d+/g, "/$1")}`;
          channel[Symbol.dispose]();
          resolve(violation);
        }
      },
      onEnd: (fault) => resolve(violation ?? fault ?? "end"),
    });
    const middle = Math.floor(input.length / 2);
    writeSync(writer.number, input.subarray(0, middle));
    writeSync(writer.number, input.subarray(middle));
  });
}

const harmless = /^[A-Za-z0-9_.:/-]*$/;

/** Whatever came through the forms has no path, no white space, no control byte, nothing inherited, and whole numbers. */
function requireHarmless(value: unknown, key = ""): void {
  if (typeof value === "string" && key !== "rule") {
    if (!harmless.test(value) || value.startsWith("/") || value.includes(".."))
      throw new Error(`the worker is given ${JSON.stringify(value)}`);
  } else if (typeof value === "number") {
    if (!Number.isSafeInteger(value) || value < 0) throw new Error(`the worker is given ${value}`);
  } else if (typeof value === "object" && value !== null) {
    const prototype = Array.isArray(value) ? Array.prototype : Object.prototype;
    if (Object.getPrototypeOf(value) !== prototype)
      throw new Error("the worker is given an object of its own kind");
    for (const [name, part] of Object.entries(value)) {
      if (keys.slice(0, 6).includes(name)) throw new Error(`the worker is given ${name}`);
      requireHarmless(part, Array.isArray(value) ? key : name);
    }
  }
}
