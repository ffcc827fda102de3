import type { RunningCommand } from "../fixtures/running-command.ts";
import type { TestHost } from "../fixtures/test-host.ts";
import { Killer } from "./killer.ts";
import { NetdKeeper } from "./netd-keeper.ts";
import { SeededRandom } from "./random.ts";
import { runStressShell, type StressTally, type StressUser } from "./stress-shell.ts";

export interface StressOptions {
  readonly seed: number;
  /** How many containers are made. */
  readonly containers: number;
  readonly shellsPerUser: number;
  readonly env: Readonly<Record<string, string>>;
  /** Whose policy grants the network lab to alice and carol, and which is started again when it was killed. */
  readonly netd: { readonly policy: string; readonly running: RunningCommand };
}

export interface StressOutcome {
  readonly tally: StressTally;
  readonly killsByKind: ReadonlyMap<string, number>;
  readonly seconds: number;
}

/** Few enough that most commands come to their end. */
const killsPerOperation = 0.4;

/** Starts, stops, enters and removes containers in several shells of each user, while processes of theirs, and of netd's, are killed at random. */
export async function runStress(host: TestHost, options: StressOptions): Promise<StressOutcome> {
  const { alice, bob, carol } = host.users;
  const users: StressUser[] = [
    { user: alice, hasNetwork: true, lasting: [], passing: [] },
    { user: bob, hasNetwork: false, lasting: [], passing: [] },
    { user: carol, hasNetwork: true, lasting: [], passing: [] },
  ];
  const tally: StressTally = {
    containersLeft: options.containers,
    started: 0,
    doneByKind: new Map(),
    failedByKind: new Map(),
    complaints: [],
  };
  const started = performance.now();
  const killer = new Killer(host, new SeededRandom(options.seed), () => killsPerOperation * tally.started);
  const { policy, running } = options.netd;
  const keeper = new NetdKeeper(host, policy, running, new SeededRandom(options.seed + 1000));
  const shells = users.flatMap((user, place) =>
    Array.from({ length: options.shellsPerUser }, (_, number) => {
      const random = new SeededRandom(options.seed + 1 + 100 * place + number);
      return runStressShell(host, `s${place}${number}`, user, options.env, random, tally);
    }),
  );
  try {
    await Promise.all(shells);
  } finally {
    await killer.stop();
    await keeper.stop();
  }
  const seconds = (performance.now() - started) / 1000;
  return { tally, killsByKind: new Map([...killer.killsByKind, ...keeper.killsByKind]), seconds };
}
