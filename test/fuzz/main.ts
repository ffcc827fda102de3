/**
 * Sends everything that takes strangers' bytes whatever there is, for a while: `npm run test:fuzz -- MINUTES [SEED [TARGET...]]`, as
 * root (but for named targets). What had an outcome of its own is kept in `corpus/`, to be tried again by all later runs and by CI; what did
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
const unknown = names.find((name) => !all.some((target) => target.name === name));
if (!(minutes > 0) || !Number.isInteger(seed) || unknown !== undefined) {
  console.error(
    `usage: npm run test:fuzz -- MINUTES [SEED [TARGET...]] (${all.map(({ name }) => name).join(", ")})`,
  );
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
  const chosen = names.length === 0 ? all : all.filter(({ name }) => names.includes(name));
  for (const target of chosen) await run(target, (names.length === 0 ? 0.5 : 1) / chosen.length);
  if (names.length === 0) {
    await using front = await RunningFront.start();
    await Promise.all(front.targets.map((target) => run(target, 0.5)));
    await front.finish();
  }
} catch (error) {
  if (!(error instanceof FuzzFailure)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
