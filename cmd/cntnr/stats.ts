import { setTimeout as delay } from "node:timers/promises";
import { shortId } from "../../runtime/container/container-id.ts";
import { isActive } from "../../runtime/container/container-state.ts";
import { type ContainerId, cpuPercent, type Engine, type UsageSample } from "../../runtime/engine/engine.ts";
import { isTerminal } from "../../runtime/sys/terminal.ts";
import { print } from "../command-line/output.ts";
import { binarySize, decimalSize } from "./byte-size.ts";
import type { CommandContext } from "./command.ts";
import { engineOf } from "./engine-of.ts";
import { formatList, type ListLayout, type TemplateRow } from "./format-template.ts";
import { unlessGone } from "./unless-gone.ts";

const intervalMs = 1000;
/** Clears the screen, and begins at its top. */
const clearScreen = "\x1b[2J\x1b[H";

const layout: ListLayout = {
  headings: {
    ...{ Container: "CONTAINER", ID: "CONTAINER ID", Name: "NAME", CPUPerc: "CPU %" },
    ...{
      MemUsage: "MEM USAGE / LIMIT",
      MemPerc: "MEM %",
      NetIO: "NET I/O",
      BlockIO: "BLOCK I/O",
      PIDs: "PIDS",
    },
  },
  columns: ["ID", "Name", "CPUPerc", "MemUsage", "MemPerc", "NetIO", "BlockIO", "PIDs"],
};

interface Measured {
  readonly id: ContainerId;
  readonly name: string;
  /** Not there when it does not run. */
  readonly sample: UsageSample | undefined;
}

/** `cntnr stats`: once a second, or with --no-stream once. */
export async function stats(context: CommandContext): Promise<number> {
  const { args } = context;
  const engine = engineOf(context);
  const named = await Promise.all(args.positionals.map((name) => engine.containers.inspect(name)));
  const isScreen = isTerminal(1) && args.value("format") === undefined;
  const isOnce = args.has("no-stream");
  const measure = async () =>
    measureAll(engine, named.length > 0 ? named : await everyone(engine, args.has("all")));
  let before = await measure();
  for (;;) {
    await delay(intervalMs);
    const after = await measure();
    const earlier = new Map(before.map(({ id, sample }) => [id, sample]));
    const rows = after.map((container) => row(container, earlier.get(container.id)));
    print(`${isScreen && !isOnce ? clearScreen : ""}${formatList(rows, args.value("format"), layout)}`);
    if (isOnce) return 0;
    before = after;
  }
}

async function everyone(engine: Engine, isAll: boolean): Promise<readonly Pick<Measured, "id" | "name">[]> {
  const { containers } = await engine.containers.list();
  return containers.filter(({ state }) => isAll || isActive(state));
}

function measureAll(
  engine: Engine,
  containers: readonly Pick<Measured, "id" | "name">[],
): Promise<readonly Measured[]> {
  return Promise.all(
    // One that has been removed meanwhile uses nothing.
    containers.map(async ({ id, name }) => ({
      id,
      name,
      sample: await unlessGone(engine.containers.usage(id)),
    })),
  );
}

function row({ id, name, sample: after }: Measured, before: UsageSample | undefined): TemplateRow {
  const names = { Container: shortId(id), ID: shortId(id), Name: name };
  if (!after) return { ...names, ...nothing };
  const { network, memoryLimitBytes: limit } = after;
  return {
    ...names,
    CPUPerc: `${cpuPercent(before ?? after, after).toFixed(2)}%`,
    MemUsage: `${binarySize(after.memoryBytes)} / ${binarySize(limit)}`,
    MemPerc: `${((100 * after.memoryBytes) / limit).toFixed(2)}%`,
    NetIO: network ? `${decimalSize(network.receivedBytes)} / ${decimalSize(network.sentBytes)}` : "-- / --",
    BlockIO: `${decimalSize(after.readBytes)} / ${decimalSize(after.writtenBytes)}`,
    PIDs: String(after.processes),
  };
}

/** Of a container that does not run. */
const nothing = {
  ...{ CPUPerc: "0.00%", MemUsage: "0B / 0B", MemPerc: "0.00%" },
  ...{ NetIO: "0B / 0B", BlockIO: "0B / 0B", PIDs: "0" },
};
