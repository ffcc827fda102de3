import { afterAll, beforeAll, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type StreamingCaller, streamCalls } from "../../fixtures/call-netd.ts";
import { TestPlugins } from "../../fixtures/cni-plugins.ts";
import type { RunningCommand } from "../../fixtures/running-command.ts";
import { TestHost } from "../../fixtures/test-host.ts";
import { attachmentIdOf, makeNamespace, type UserNamespace } from "../../fixtures/user-namespaces.ts";
import type { TestUser } from "../../fixtures/users.ts";
import { waitFor } from "../../fixtures/wait-for.ts";

/** More of them by hand, and others: CNTNR_MODEL_STEPS=100000 CNTNR_MODEL_SEED=7 bun test ... */
const steps = Number(process.env.CNTNR_MODEL_STEPS ?? 2000);
const seed = Number(process.env.CNTNR_MODEL_SEED ?? 1);
const quota = 5;

/** What must be true of one attachment. */
interface Expected {
  readonly id: string;
  readonly key: string;
  readonly namespace: UserNamespace;
  readonly interface: string;
}

/** One user as the reference model has her. */
interface Person {
  readonly user: TestUser;
  readonly caller: StreamingCaller;
  readonly namespaces: UserNamespace[];
  readonly attachments: Map<string, Expected>;
}

let host: TestHost;
let netd: RunningCommand;
const people: Person[] = [];
let boot = 0;
let limit = quota;
let keys = 0;

/** A generator with a seed (mulberry32), so that what failed can be done again. */
let state = seed;
function random(below: number): number {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) % below;
}

function pick<T>(list: readonly T[]): T | undefined {
  return list[random(list.length)];
}

const policy = () => `[network fake]
conflist = fake.conflist
[allow group:cntnr-dev network:fake]
attachments = ${limit}
`;

async function startNetd(): Promise<void> {
  const bootIdFile = join(host.directory, "boot-id");
  writeFileSync(bootIdFile, `boot-${boot}\n`);
  // Steps follow each other faster than any person's.
  const names = ["connect-burst", "connect-rate", "attach-burst", "attach-rate", "call-burst", "call-rate"];
  const limits = names.flatMap((name) => ["--limit", `${name}=100000`]);
  const places = ["--plugin-dir", join(host.directory, "plugins"), "--boot-id-file", bootIdFile];
  netd = await host.startNetd({ policy: policy(), args: [...places, ...limits] });
}

beforeAll(async () => {
  host = await TestHost.start();
  // It makes nothing that the host sees, as macvlan does: what is tried here is netd's own bookkeeping.
  const result = `{"cniVersion":"1.0.0","interfaces":[{"name":"eth0","mac":"02:00:00:00:00:01","sandbox":"/x"}]}`;
  new TestPlugins(host).script("fake", `[ "$CNI_COMMAND" = ADD ] && echo '${result}'; exit 0`);
  const plugins = [{ type: "fake" }];
  const conflist = { cniVersion: "1.0.0", name: "fake", cntnr: { acceptUnfiltered: true }, plugins };
  host.writeConflist(conflist);
  for (const user of [host.users.alice, host.users.carol]) {
    const namespaces: UserNamespace[] = [];
    for (let count = 0; count < 4; count++) namespaces.push(await makeNamespace(host, user));
    people.push({ user, caller: await streamCalls(host, user), namespaces, attachments: new Map() });
  }
  await startNetd();
});
afterAll(() => host[Symbol.asyncDispose]());

async function attach(person: Person, repeated?: Expected): Promise<void> {
  const namespace = repeated?.namespace ?? pick(person.namespaces);
  if (!namespace) return;
  const name = repeated?.interface ?? `eth${random(3)}`;
  const key = repeated?.key ?? `key${++keys}`;
  const place = { netnsFd: "file:0", leaseFd: "pidfd:0", interface: name };
  const request = { network: "fake", ...place, idempotencyKey: key };
  const [answer] = await person.caller.call({
    files: [`/proc/${namespace.pid}/ns/net`],
    pids: [namespace.pid],
    calls: [{ method: "Attach", request }],
  });
  if (repeated) {
    expect(attachmentIdOf(answer)).toBe(repeated.id);
    return;
  }
  const isTaken = [...person.attachments.values()].some(
    (other) => other.namespace === namespace && other.interface === name,
  );
  if (person.attachments.size >= limit) expect([7, 8]).toContain(answer?.code ?? -1);
  else if (isTaken) expect(answer?.code).toBe(6);
  // The same interface may still be being detached.
  else if (answer?.code !== 6) {
    const id = attachmentIdOf(answer);
    person.attachments.set(id, { id, key, namespace, interface: name });
  }
}

async function detach(person: Person, attachmentId: string | undefined): Promise<void> {
  if (attachmentId === undefined) return;
  const calls = [{ method: "Detach" as const, request: { attachmentId } }];
  const [answer] = await person.caller.call({ calls });
  expect(answer?.code).toBe(0);
  // Another's does not exist (N12).
  person.attachments.delete(attachmentId);
}

async function end(person: Person, namespace: UserNamespace | undefined): Promise<void> {
  if (!namespace) return;
  namespace.process.kill("SIGKILL");
  await namespace.process.exited;
  for (const [id, attachment] of person.attachments)
    if (attachment.namespace === namespace) person.attachments.delete(id);
  const place = person.namespaces.indexOf(namespace);
  person.namespaces.splice(place, 1, await makeNamespace(host, person.user));
}

async function endAll(): Promise<void> {
  for (const person of people) for (const namespace of [...person.namespaces]) await end(person, namespace);
}

async function restart(signal: "SIGKILL" | "SIGTERM"): Promise<void> {
  netd.kill(signal);
  await netd.exited;
  await startNetd();
}

async function reboot(): Promise<void> {
  netd.kill("SIGKILL");
  await netd.exited;
  await endAll();
  boot++;
  await startNetd();
}

async function reload(): Promise<void> {
  limit = random(quota + 1);
  writeFileSync(host.policyFile, policy());
  const { exitCode, stderr } = await host.asRoot(["cntnr-netd", "reload"]);
  expect([exitCode, stderr]).toEqual([0, ""]);
}

/** netd says what the model says, as soon as it has ended what has ended. */
async function expectAgreement(): Promise<void> {
  for (const { caller, attachments } of people) {
    const expected = [...attachments.keys()].sort();
    const listed = async () => {
      const [answer] = await caller.call({ calls: [{ method: "List", request: {} }] });
      const { attachments } = (answer?.response ?? { attachments: [] }) as { attachments: { id: string }[] };
      return attachments.map(({ id }) => id).sort();
    };
    const agrees = async () => Bun.deepEquals(await listed(), expected);
    await waitFor(agrees, { what: "agreement" }).catch(async () => expect(await listed()).toEqual(expected));
  }
}

/** Does one thing, and says what. */
async function step(): Promise<string> {
  const person = pick(people);
  const other = people.find((one) => one !== person);
  if (!person || !other) throw new Error("there is nobody");
  const dice = random(1000);
  const any = pick([...person.attachments.values()]);
  if (dice < 430) return attach(person).then(() => "attach");
  if (dice < 480) return attach(person, any).then(() => "attach again (F13)");
  if (dice < 860) return detach(person, any?.id).then(() => "detach");
  if (dice < 900)
    return detach(person, pick([...other.attachments.keys()])).then(() => "detach of another's (N12)");
  if (dice < 950) return end(person, pick(person.namespaces)).then(() => "end of a container (N10)");
  if (dice < 970) return reload().then(() => "reload (C9)");
  if (dice < 985) return restart("SIGKILL").then(() => "crash (F12)");
  if (dice < 996) return restart("SIGTERM").then(() => "restart (F7)");
  return reboot().then(() => "reboot (F6)");
}

test(`${steps} random steps, crashes, restarts, reboots and reloads agree with a model (seed ${seed})`, async () => {
  const counts = new Map<string, number>();
  for (let done = 0; done < steps; done++) {
    const what = await step();
    counts.set(what, (counts.get(what) ?? 0) + 1);
    if (done % 10 === 0) await expectAgreement();
  }
  await expectAgreement();
  await endAll();
  await host.waitForNoResidue();
  console.log([...counts].map(([what, count]) => `${count} ${what}`).join(", "));
}, 900_000);
