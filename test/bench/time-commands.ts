import type { TestHost } from "../fixtures/test-host.ts";
import { checked, type TestUser } from "../fixtures/users.ts";

/** One command to time; all are lines for bash. */
export interface Contestant {
  readonly name: string;
  readonly command: string;
  /** Not timed: run before, and after, each round's command. */
  readonly before?: string;
  readonly after?: string;
}

/** What was measured of a contestant, one figure a round; times are in milliseconds. */
export interface Measurement {
  readonly name: string;
  readonly rounds: readonly number[];
}

/**
 * Times the contestants in turn, `rounds` times each after one round that is not counted. The order shifts by one each
 * round, so that nobody always runs behind the same neighbour. Throws when a command fails.
 *
 * The stop-watch is bash in the host, as the user: what it adds is one fork, not the wrappers that enter the host.
 */
export async function timeCommands(
  host: TestHost,
  user: TestUser,
  contestants: readonly Contestant[],
  rounds: number,
): Promise<Measurement[]> {
  const order = Array.from({ length: rounds + 1 }, (_, round) =>
    contestants.map((_, index) => (index + round) % contestants.length),
  );
  const script = [
    "errors=$(mktemp)",
    ...contestants.map((contestant, index) => functionOf(contestant, index)),
    ...order.flat().map((index) => `contestant${index}`),
    'rm -f "$errors"',
  ].join("\n");
  const argv = ["bash", "-c", script];
  const timeoutMs = order.flat().length * 60_000;
  const { stdout } = checked(
    [`timing of ${contestants[0]?.name}`],
    await host.asUser(user, argv, { timeoutMs }),
  );
  const times: number[][] = contestants.map(() => []);
  for (const line of stdout.trim().split("\n")) {
    const [index, start, end] = line.split(" ").map(Number);
    times[index ?? 0]?.push(((end ?? 0) - (start ?? 0)) / 1000);
  }
  return contestants.map(({ name }, index) => ({ name, rounds: (times[index] ?? []).slice(1) }));
}

/** EPOCHREALTIME is seconds with six decimals: without the point, microseconds. */
function functionOf({ name, command, before = ":", after = ":" }: Contestant, index: number): string {
  return `contestant${index}() {
  { ${before}; } >/dev/null 2>&1 </dev/null
  local start=$EPOCHREALTIME
  { ${command}; } >/dev/null 2>"$errors" </dev/null
  local status=$? end=$EPOCHREALTIME
  if ((status != 0)); then echo ${quote(`${name}: exit code`)} $status >&2; cat "$errors" >&2; exit 1; fi
  echo ${index} "\${start/./}" "\${end/./}"
  { ${after}; } >/dev/null 2>&1 </dev/null
}`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
