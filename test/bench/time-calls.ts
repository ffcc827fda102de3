import type { Measurement } from "./time-commands.ts";

/** Something that measures itself. */
export interface Call {
  readonly name: string;
  /** Returns milliseconds, or what else is measured. */
  readonly call: () => Promise<number>;
}

/** Like `timeCommands`, for what is no process: in turn, after one round that is not counted. */
export async function timeCalls(calls: readonly Call[], rounds: number): Promise<Measurement[]> {
  const times: number[][] = calls.map(() => []);
  for (let round = 0; round <= rounds; round++) {
    for (const offset of calls.keys()) {
      const index = (offset + round) % calls.length;
      const ms = await calls[index]?.call();
      if (round > 0 && ms !== undefined) times[index]?.push(ms);
    }
  }
  return calls.map(({ name }, index) => ({ name, rounds: times[index] ?? [] }));
}
