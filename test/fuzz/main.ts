/**
 * Sends everything that takes strangers' bytes whatever there is, for a while: `npm run test:fuzz -- MINUTES [SEED [TARGET...]]`, as
 * root (but for named targets of no running netd). What had an outcome of its own is kept in `corpus/`, to be tried again by all later runs and by CI; what did
 * something that must never be, too, and ends the run.
 */
import { Random } from "../fixtures/random.ts";
import { keep } from "./corpus.ts";
import { FuzzFailure, fuzz, type Target } from "./fuzz.ts";
import { RunningFront } from "./running-front.ts";
import { contractTarget } from "./targets/contract.ts";
import { dockerfileTarget } from "./targets/dockerfile.ts";
import { documentsTarget } from "./targets/documents.ts";
import { layerTarget } from "./targets/layer.ts";
import { messagesTarget } from "./targets/messages.ts";
import { policyTarget } from "./targets/policy.ts";
import { referenceTarget } from "./targets/reference.ts";

const [minutes = 1, seed = Date.now() % 1_000_000] = process.argv.slice(2, 4).map(Number);
const names = process.argv.slice(4);
const all = [
  policyTarget(),
  await messagesTarget(),
  contractTarget(),
  layerTarget(),
  referenceTarget(),
  documentsTarget(),
  dockerfileTarget(),
];
/** Of a running netd, which is started for them. */
const running = ["calls", "streams"];
const known = [...all.map(({ name }) => name), ...running];
const unknown = names.find((name) => !known.includes(name));
if (!(minutes > 0) || !Number.isInteger(seed) || unknown !== undefined) {
  console.error(`usage: npm run test:fuzz -- MINUTES [SEED [TARGET...]] (${known.join(", ")})`);
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
  const isChosen = (name: string) => names.length === 0 || names.includes(name);
  const chosen = all.filter(({ name }) => isChosen(name));
  const isRunningChosen = running.some(isChosen);
  const shareOfRunning = !isRunningChosen ? 0 : chosen.length === 0 ? 1 : 0.5;
  for (const target of chosen) await run(target, (1 - shareOfRunning) / chosen.length);
  if (isRunningChosen) {
    await using front = await RunningFront.start();
    // Beside each other: both wait for netd most of the time.
    const targets = front.targets.filter(({ name }) => isChosen(name));
    await Promise.all(targets.map((target) => run(target, shareOfRunning)));
    await front.finish();
  }
} catch (error) {
  if (!(error instanceof FuzzFailure)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
