import { afterAll, beforeAll, expect, test } from "bun:test";
import { Random } from "../fixtures/random.ts";
import { fuzz } from "../fuzz/fuzz.ts";
import { RunningFront } from "../fuzz/running-front.ts";

let front: RunningFront;
beforeAll(async () => {
  front = await RunningFront.start();
});
afterAll(() => front[Symbol.asyncDispose]());

/** Of each kind, beside the corpus; `npm run test:fuzz -- MINUTES` goes on. */
const changed = 400;

test("whatever a connection is sent is answered shortly or closed, and leaves nothing; the next call works (Q3, R15, R16)", async () => {
  const fuzzed = front.targets.map(async (target) => {
    let corpus: number | undefined;
    const { outcomes } = await fuzz(target, {
      random: new Random(1),
      isOver: (tried) => {
        corpus ??= tried;
        return tried >= corpus + changed;
      },
    });
    // It came further than to the first check.
    expect(outcomes.size).toBeGreaterThan(10);
  });
  await Promise.all(fuzzed);
  await front.finish();
});
