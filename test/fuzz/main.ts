/**
 * Sends everything that takes strangers' bytes whatever there is, for a while: `npm run test:fuzz -- MINUTES [SEED]`, as
 * root. What had an outcome of its own is kept in `corpus/`, to be tried again by all later runs and by CI; what did
 * something that must never be, too, and ends the run.
 */
import { Random } from "../fixtures/random.ts";
import { keep } from "./corpus.ts";
import { FuzzFailure, fuzz, type Target } from "./fuzz.ts";
import { RunningFront } from "./running-front.ts";
import { contractTarget } from "./targets/contract.ts";
import { messagesTarget } from "./targets/messages.ts";
import { policyTarget } from "./targets/policy.ts";

const [minutes = 1, seed = Date.now() % 1_000_000] = process.argv.slice(2).map(Number);
if (!(minutes > 0) || !Number.isInteger(seed)) {
  console.error("usage: npm run test:fuzz -- MINUTES [SEED]");
  process.exit(2);
}

async function run(target: Target, share: number): Promise<void> {
  const started = performance.now();
  const isOver = () => performance.now() - started > minutes * 60_000 * share;
  const { tried, outcomes } = await fuzz(target, {
    random: new Random(seed),
    isOver,
    onNew: (input, outcome) => console.log(`${target.name}: ${keep(target.name, input)}: ${outcome}`),
  });
  console.log(`${target.name}: ${tried} inputs, ${outcomes.size} outcomes`);
}

console.log(`${minutes} minutes, seed ${seed}`);
try {
  await using front = await RunningFront.start();
  const inProcess = [policyTarget(), await messagesTarget(), contractTarget()];
  for (const target of inProcess) await run(target, 0.5 / inProcess.length);
  await Promise.all(front.targets.map((target) => run(target, 0.5)));
  await front.finish();
} catch (error) {
  if (!(error instanceof FuzzFailure)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
