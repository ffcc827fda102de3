import type { BuildListener, BuildProgress } from "../../runtime/build/progress.ts";
import { isTerminal } from "../../runtime/sys/terminal.ts";
import { printable, printError } from "../command-line/output.ts";

type Manner = "auto" | "plain" | "tty";

/** Shows how a build goes on, on standard error. */
export function buildPrinter(manner: Manner, columns: number = process.stderr.columns ?? 80): BuildListener {
  const isLive = manner === "tty" || (manner === "auto" && isTerminal(2));
  return isLive ? livePrinter(columns) : plainPrinter();
}

/** What commands print as lines; a line that a carriage return writes again is what it is in the end. */
class Lines {
  #partial = "";
  readonly #decoder = new TextDecoder();

  push(bytes: Uint8Array): string[] {
    const lines = (this.#partial + this.#decoder.decode(bytes, { stream: true })).split("\n");
    this.#partial = lines.pop() ?? "";
    return lines.map(shown);
  }

  end(): string[] {
    const rest = this.#partial;
    this.#partial = "";
    return rest === "" ? [] : [shown(rest)];
  }
}

function shown(line: string): string {
  const text = line.replace(/\r+$/, "");
  return printable(text.slice(text.lastIndexOf("\r") + 1).replaceAll("\t", "    "));
}

/** One line for each thing, with the number of its step: for logs. */
function plainPrinter(): BuildListener {
  const outputs = new Map<number, Lines>();
  const print = (step: number, text: string) => printError(`#${step} ${text}\n`);
  return (progress) => {
    switch (progress.kind) {
      case "begun":
        outputs.set(progress.step, new Lines());
        return print(progress.step, printable(progress.name));
      case "output":
        for (const line of outputs.get(progress.step)?.push(progress.bytes) ?? []) print(progress.step, line);
        return;
      case "ended":
        for (const line of outputs.get(progress.step)?.end() ?? []) print(progress.step, line);
        return print(progress.step, endOf(progress));
      case "remark":
        printError(`cntnr: ${printable(progress.text)}\n`);
    }
  };
}

function endOf({ how, durationMs }: Extract<BuildProgress, { kind: "ended" }>): string {
  if (how === "cached") return "CACHED";
  return `${how === "done" ? "DONE" : "FAILED"} ${(durationMs / 1000).toFixed(1)}s`;
}

interface LiveStep {
  readonly name: string;
  readonly lines: Lines;
  /** What it has printed last. */
  readonly tail: string[];
}

const tailLines = 4;
const keptLines = 200;

/** Steps that have ended stay on the terminal, a line each; below them is what those that run have printed last. */
function livePrinter(columns: number): BuildListener {
  const running = new Map<number, LiveStep>();
  let drawnLines = 0;
  const draw = (permanent: readonly string[]) => {
    const live = [...running.values()].flatMap(({ name, tail }) => [
      ` => ${name}`,
      ...tail.slice(-tailLines).map((line) => `    ${line}`),
    ]);
    const clear = drawnLines === 0 ? "" : `\u001b[${drawnLines}A\u001b[J`;
    const cut = (line: string) => line.slice(0, Math.max(columns - 1, 20));
    printError(`${clear}${[...permanent, ...live].map((line) => `${cut(line)}\n`).join("")}`);
    drawnLines = live.length;
  };
  return (progress) => {
    if (progress.kind === "remark") return draw([`cntnr: ${printable(progress.text)}`]);
    if (progress.kind === "begun") {
      running.set(progress.step, { name: printable(progress.name), lines: new Lines(), tail: [] });
      return draw([]);
    }
    const step = running.get(progress.step);
    if (!step) return;
    if (progress.kind === "output") {
      step.tail.push(...step.lines.push(progress.bytes));
      step.tail.splice(0, Math.max(0, step.tail.length - keptLines));
      return draw([]);
    }
    running.delete(progress.step);
    step.tail.push(...step.lines.end());
    const printed = progress.how === "failed" ? step.tail.map((line) => `    ${line}`) : [];
    return draw([...printed, ` => ${endOf(progress).padEnd(12)} ${step.name}`]);
  };
}

/** Says nothing until a step fails, and then what it has printed. */
export function quietPrinter(): BuildListener {
  const outputs = new Map<number, string[]>();
  const lines = new Map<number, Lines>();
  return (progress) => {
    if (progress.kind === "remark") return;
    const { step } = progress;
    const kept = outputs.get(step) ?? [];
    outputs.set(step, kept);
    if (progress.kind === "begun") lines.set(step, new Lines());
    if (progress.kind === "output") kept.push(...(lines.get(step)?.push(progress.bytes) ?? []));
    if (progress.kind !== "ended") return;
    kept.push(...(lines.get(step)?.end() ?? []));
    outputs.delete(step);
    if (progress.how === "failed") printError(kept.map((line) => `${line}\n`).join(""));
  };
}
