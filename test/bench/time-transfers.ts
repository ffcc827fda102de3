import * as v from "valibot";
import type { TestHost } from "../fixtures/test-host.ts";
import { checked, type TestUser } from "../fixtures/users.ts";
import { timeCalls } from "./time-calls.ts";
import type { Measurement } from "./time-commands.ts";

/** A way to a server of iperf3. */
export interface Way {
  readonly name: string;
  /** The words before the command that have it run where the way begins. */
  readonly place: readonly string[];
  readonly address: string;
  readonly port?: number;
}

const transferSeconds = 4;
/** pasta of Debian 12 loses a connection now and then. */
const tries = 3;

const report = v.object({ end: v.object({ sum_received: v.object({ bits_per_second: v.number() }) }) });

/**
 * How much arrives by each way, in Gbit/s: as the receiver counts it, so that no way is charged for starting and ending
 * the programs. Both ends have a processor of their own, which is not left to luck. The ways take turns, as in {@link timeCalls}.
 */
export function timeTransfers(
  host: TestHost,
  user: TestUser,
  ways: readonly Way[],
  rounds: number,
): Promise<Measurement[]> {
  const calls = ways.map(({ name, place, address, port = 5201 }) => {
    const client = ["iperf3", "--json", "-c", address, "-p", `${port}`, "-t", `${transferSeconds}`];
    const argv = ["timeout", `${5 * transferSeconds}`, ...place, ...client, "--affinity", "0,1"];
    return { name, call: () => transfer(host, user, argv) };
  });
  return timeCalls(calls, rounds);
}

async function transfer(host: TestHost, user: TestUser, argv: readonly string[]): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    const result = await host.asUser(user, argv);
    if (result.exitCode !== 0 && attempt < tries) continue;
    const { end } = v.parse(report, JSON.parse(checked(argv, result).stdout));
    return end.sum_received.bits_per_second / 1e9;
  }
}
