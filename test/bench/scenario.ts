import type { TestHost } from "../fixtures/test-host.ts";
import type { TestUser } from "../fixtures/users.ts";
import { type Contestant, type Measurement, timeCommands } from "./time-commands.ts";

/** The first contestant is ours. */
export interface Scenario {
  readonly id: string;
  readonly title: string;
  /** What the figures are, if they are not times. */
  readonly unit?: "kB" | "Gbit/s";
  /** Runs the contestants in turn, so many times each. */
  readonly time: (rounds: number) => Promise<Measurement[]>;
  readonly bounds: readonly Bound[];
  /** Rounds are long and few. */
  readonly isPull: boolean;
}

/** Our median is to be at most, or at least, so many times that of `peer`; without one, at most this. */
export type Bound =
  | { readonly peer?: string; readonly atMost: number }
  | { readonly peer: string; readonly atLeast: number };

/** A scenario is set up only when it is run: what it leaves running would disturb the others. */
export type ScenarioMaker = (bench: Bench) => Promise<Scenario>;

export interface Bench {
  readonly host: TestHost;
  readonly user: TestUser;
  /** Runs a line of shell as the user; throws when it fails. */
  readonly shell: (line: string) => Promise<string>;
  readonly small: string;
  readonly debian: string;
  /** What scenarios leave running, until the end. */
  readonly stack: AsyncDisposableStack;
  /** Sees to it that netd runs and podman has its network. */
  readonly openBridges: () => Promise<void>;
}

/** {@link Scenario.time} for commands of the user's. */
export function commandsOf({ host, user }: Bench, contestants: readonly Contestant[]): Scenario["time"] {
  return (rounds) => timeCommands(host, user, contestants, rounds);
}
