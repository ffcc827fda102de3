import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { busyboxImage, layeredImage } from "../fixtures/images.ts";
import type { RunningCommand } from "../fixtures/running-command.ts";
import { TestHost } from "../fixtures/test-host.ts";
import { checked, type TestUser } from "../fixtures/users.ts";
import { waitFor } from "../fixtures/wait-for.ts";
import { leftOversOf, leftOversOfHost, mountsOf } from "../stress/left-overs.ts";
import { describeStress } from "../stress/report.ts";
import { runStress } from "../stress/run-stress.ts";

/** In CI few; `npm run test:stress` makes five hundred. */
const containers = Number(process.env.CNTNR_STRESS_CONTAINERS ?? 40);
const seed = Number(process.env.CNTNR_STRESS_SEED ?? Math.floor(Math.random() * 2 ** 31));
const shellsPerUser = 2;
const patienceMs = 240_000;
const policy = `[network lab]
conflist = lab.conflist
[allow group:cntnr-dev network:lab]
attachments = 200
`;

let host: TestHost;
let env: Readonly<Record<string, string>>;
let mounts: readonly string[];
let running: RunningCommand;
beforeAll(async () => {
  host = await TestHost.start();
  const registry = await host.startRegistry();
  env = {
    IMAGE: await registry.push(await busyboxImage(), "alpine:3.6"),
    OTHER: await registry.push(await layeredImage(), "layered:1"),
  };
  running = await host.startNetd({ policy });
  await eachUser((user) => ok(user, "cntnr image pull -q $IMAGE"));
  mounts = mountsOf(host);
});
afterAll(() => host[Symbol.asyncDispose]());

const users = () => Object.values(host.users);
const eachUser = (work: (user: TestUser) => Promise<unknown>) => Promise.all(users().map(work));
const ok = async (user: TestUser, line: string) => {
  const result = await host.asUser(user, ["sh", "-c", line], { env, timeoutMs: patienceMs });
  return checked([line], result).stdout;
};

describe("while any process may be killed at any moment", () => {
  test(`${containers} containers answer right, and nothing is left of them (seed ${seed})`, async () => {
    const outcome = await runStress(host, {
      seed,
      containers,
      shellsPerUser,
      env,
      netd: { policy, running },
    });
    console.log(describeStress(outcome, seed));
    expect(outcome.tally.complaints).toEqual([]);
    await eachUser(async (user) => {
      await waitFor(async () => (await undecided(user)) === "", { what: "all containers to be something" });
      await inspectAll(user);
      await removeAll(user);
      expect(await ok(user, "cntnr run --rm $IMAGE echo works")).toBe("works\n");
    });
    await expectNothing(() => leftOversOfHost(host, mounts));
    await expectNothing(() => users().flatMap((user) => leftOversOf(host, user)));
    await host.waitForNoResidue();
  });
});

/** Names of containers that somebody is still at. */
function undecided(user: TestUser): Promise<string> {
  const states = "--format '{{.State}} {{.Names}}' | grep -E '^(creating|starting) ' || true";
  return ok(user, `cntnr ps -a ${states}`);
}

/** Each can be looked at, and has a log unless it ran in the foreground. */
async function inspectAll(user: TestUser): Promise<void> {
  const ids = (await ok(user, "cntnr ps -aq --no-trunc")).split("\n").filter((id) => id !== "");
  for (const id of ids) {
    const [shown] = JSON.parse(await ok(user, `cntnr inspect ${id}`));
    expect(shown.Id).toBe(id);
    const logs = await host.asUser(user, ["cntnr", "logs", id]);
    if (logs.exitCode !== 0) expect(logs.stderr).toContain("ran in the foreground");
  }
}

async function removeAll(user: TestUser): Promise<void> {
  await ok(user, "cntnr container prune -f");
  await ok(user, 'ids=$(cntnr ps -aq); [ -z "$ids" ] || cntnr rm -f $ids');
  expect(await ok(user, "cntnr ps -aq")).toBe("");
  await ok(user, 'names=$(cntnr bundle ls -q); [ -z "$names" ] || cntnr bundle rm $names; cntnr bundle gc');
  await ok(user, "cntnr volume prune -af; cntnr system prune -af");
  expect(await ok(user, "cntnr volume ls -q; cntnr image ls -q; cntnr bundle ls -q")).toBe("");
}

async function expectNothing(find: () => readonly string[]): Promise<void> {
  await waitFor(() => find().length === 0, { what: "nothing to be left" }).catch(() => {
    // What is left says more.
    expect(find()).toEqual([]);
  });
}
