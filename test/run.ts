/**
 * Runs the tests: `bun test/run.ts [unit|integration|adversarial|e2e]...`, by default all, in this order; `attacks` is those
 * files of all of them whose tests bear numbers of the threat list, which are printed as a table. Every file but
 * the unit tests' gets a process and test hosts of its own, so that none can disturb another, and as many run at a time as there are
 * processors. The last line is `N passed, N failed, N skipped`. Fails when a test failed, when none ran, and, with CI set, when one
 * was skipped.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand } from "../runtime/process/run-command.ts";
import { type Attack, attacksIn, attackTable, attributeOf } from "./attack-table.ts";

const kinds = ["unit", "integration", "adversarial", "e2e"];
const attacksOfAllKinds = "attacks";
const root = join(import.meta.dirname, "..");
/** Of one test, unless it names its own; real programs on a loaded machine take their time. */
const testTimeoutMs = 180_000;
/** Of one process: something hangs that bun's own time limit cannot end. */
const processTimeoutMs = 20 * 60_000;
const complaintLines = 60;

interface Outcome {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** What failed or was skipped, a line each. */
  readonly remarks: readonly string[];
  /** Attacks of the threat list. */
  readonly attacks: readonly Attack[];
  /** What the batch printed, if something of it failed: said again at the end, which is all that some logs keep. */
  readonly complaint?: string;
}

async function main(requested: readonly string[]): Promise<number> {
  const known = [...kinds, attacksOfAllKinds];
  const unknown = requested.find((kind) => !known.includes(kind));
  if (unknown !== undefined) {
    console.error(`unknown kind of tests: ${unknown} (there are ${known.join(", ")})`);
    return 2;
  }
  const waiting = requested.includes(attacksOfAllKinds)
    ? kinds.flatMap((kind) => batchesOf(kind, namesAttack))
    : kinds
        .filter((kind) => requested.length === 0 || requested.includes(kind))
        .flatMap((kind) => batchesOf(kind));
  const obstacle = waiting.every(({ kind }) => kind === "unit") ? undefined : await findObstacle();
  const outcomes: Outcome[] = [];
  const work = async () => {
    for (let batch = waiting.shift(); batch !== undefined; batch = waiting.shift())
      outcomes.push(
        obstacle !== undefined && batch.kind !== "unit" ? skipAll(batch, obstacle) : await runBatch(batch),
      );
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return report(outcomes);
}

interface Batch {
  readonly kind: string;
  readonly name: string;
  readonly files: readonly string[];
}

function namesAttack(file: string): boolean {
  return /\([PNRDQFC]\d+[,)]/.test(readFileSync(join(root, file), "utf8"));
}

function batchesOf(kind: string, isWanted: (file: string) => boolean = () => true): Batch[] {
  const folder = join(root, "test", kind);
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".test.ts"))
    .sort()
    .map((path) => join("test", kind, path))
    .filter(isWanted);
  if (files.length === 0) return [];
  if (kind === "unit") return [{ kind, name: kind, files }];
  return files.map((file) => ({ kind, name: file, files: [file] }));
}

/** Why tests of the real thing cannot run here, and what to do about it. */
async function findObstacle(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return "they need root (users, namespaces, cntnr-netd): run them as root";
  const { stdout } = await runCommand("sh", [join(root, ".ci/setup"), "--missing"], { timeoutMs: 30_000 });
  const missing = stdout.trim();
  return missing === "" ? undefined : `not installed: ${missing} (run sh .ci/setup as root)`;
}

function skipAll(batch: Batch, reason: string): Outcome {
  console.log(`\n== ${batch.name}\nskipped: ${reason}`);
  return { passed: 0, failed: 0, skipped: 1, remarks: [`skipped: ${batch.name}: ${reason}`], attacks: [] };
}

async function runBatch(batch: Batch): Promise<Outcome> {
  const scratch = mkdtempSync(join(tmpdir(), "cntnr-run-"));
  try {
    const junit = join(scratch, "junit.xml");
    const files = batch.files.map((file) => `./${file}`);
    const reporting = ["--only-failures", "--reporter=junit", `--reporter-outfile=${junit}`];
    const started = performance.now();
    const { ended, output } = await runToEnd(["test", `--timeout=${testTimeoutMs}`, ...reporting, ...files]);
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    console.log(`\n== ${batch.name} (${seconds} s)\n${output.trim()}`);
    const outcome = judge(batch, ended, existsSync(junit) ? readFileSync(junit, "utf8") : "");
    return outcome.failed === 0 ? outcome : { ...outcome, complaint: `== ${batch.name}\n${lastOf(output)}` };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function lastOf(output: string): string {
  return output.trim().split("\n").slice(-complaintLines).join("\n");
}

/** Runs this same bun. Its output is shown as a whole when it has ended, because others print at the same time. */
function runToEnd(args: readonly string[]): Promise<{ readonly ended: string; readonly output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [...args], { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
    const limit = setTimeout(() => child.kill("SIGKILL"), processTimeoutMs);
    const chunks: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.once("error", reject);
    // Not "close": something that a test left running may keep the pipes open.
    child.once("exit", (code, signal) => {
      clearTimeout(limit);
      const ended = signal === null ? `exit code ${code}` : `signal ${signal}`;
      setImmediate(() => resolve({ ended, output: Buffer.concat(chunks).toString() }));
    });
  });
}

function judge(batch: Batch, ended: string, junit: string): Outcome {
  const totals = /<testsuites [^>]*>/.exec(junit)?.[0] ?? "";
  const count = (name: string) => Number(new RegExp(` ${name}="(\\d+)"`).exec(totals)?.[1] ?? 0);
  const tests = count("tests");
  let failed = count("failures") + count("errors");
  const skipped = count("skipped");
  const remarks = [...casesWith(junit, "failure", "failed"), ...casesWith(junit, "skipped", "skipped")];
  const passed = tests - failed - skipped;
  // A file that cannot be loaded, or that ends its own process, counts although no test of it failed.
  if (failed === 0 && (ended !== "exit code 0" || tests === 0)) {
    failed = 1;
    remarks.push(`failed: ${batch.name}: ${tests === 0 ? "ran no test, " : ""}ended with ${ended}`);
  }
  return { passed, failed, skipped, remarks, attacks: attacksIn(junit) };
}

/** Names of the test cases that hold the element, from bun's JUnit report. */
function casesWith(junit: string, element: string, word: string): string[] {
  const cases = junit.match(/<testcase [^>]*[^/]>[\s\S]*?<\/testcase>/g) ?? [];
  return cases
    .filter((text) => text.includes(`<${element}`))
    .map((text) => {
      const attribute = (name: string) => attributeOf(text, name);
      const name = [attribute("classname"), attribute("name")].filter((part) => part !== "").join(" > ");
      return `${word}: ${attribute("file")}:${attribute("line")}: ${name}`;
    });
}

function report(outcomes: readonly Outcome[]): number {
  const sum = (key: "passed" | "failed" | "skipped") =>
    outcomes.reduce((total, outcome) => total + outcome[key], 0);
  const [passed, failed, skipped] = [sum("passed"), sum("failed"), sum("skipped")];
  const attacks = outcomes.flatMap((outcome) => outcome.attacks);
  if (attacks.length > 0) console.log(`\n${attackTable(attacks)}`);
  console.log("");
  for (const { complaint } of outcomes) if (complaint !== undefined) console.log(`${complaint}\n`);
  for (const remark of outcomes.flatMap((outcome) => outcome.remarks)) console.log(remark);
  const mustNotSkip = (process.env.CI ?? "") !== "" && skipped > 0;
  if (mustNotSkip) console.log("skipping counts as a failure here, because CI is set");
  if (passed + failed === 0) console.log("no test ran");
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  return failed > 0 || mustNotSkip || passed === 0 ? 1 : 0;
}

process.exit(await main(process.argv.slice(2)));
