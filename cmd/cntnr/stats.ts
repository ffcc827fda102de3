import { setTimeout as delay } from "node:timers/promises";
import { shortId } from "../../runtime/container/container-id.ts";
import type { ContainerRecord } from "../../runtime/container/container-record.ts";
import { isActive, readState } from "../../runtime/container/container-state.ts";
import { findContainer, listContainers } from "../../runtime/container/container-store.ts";
import type { Directories } from "../../runtime/store/directories.ts";
import { isTerminal } from "../../runtime/sys/terminal.ts";
import { machineMemoryBytes, measureUsage, type UsageSample } from "../../runtime/usage/measure-usage.ts";
import { cpuPercent } from "../../runtime/usage/usage.ts";
import { print } from "../command-line/output.ts";
import { binarySize, decimalSize } from "./byte-size.ts";
import type { CommandContext } from "./command.ts";
import { formatList, type ListLayout, type TemplateRow } from "./format-template.ts";

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

/** `cntnr stats`: once a second, or with --no-stream once. */
export async function stats({ args, directories }: CommandContext): Promise<number> {
  const named = args.positionals.map((name) => findContainer(directories, name));
  const isScreen = isTerminal(1) && args.value("format") === undefined;
  const isOnce = args.has("no-stream");
  const chosen = () => (named.length > 0 ? named : everyContainer(directories, args.has("all")));
  let before = sampleAll(directories, chosen());
  for (;;) {
    await delay(intervalMs);
    const records = chosen();
    const after = sampleAll(directories, records);
    const rows = records.map((record) => row(record, before.get(record.id), after.get(record.id)));
    print(`${isScreen && !isOnce ? clearScreen : ""}${formatList(rows, args.value("format"), layout)}`);
    if (isOnce) return 0;
    before = after;
  }
}

function everyContainer(directories: Directories, isAll: boolean): readonly ContainerRecord[] {
  return listContainers(directories).records.filter(
    (record) => isAll || isActive(readState(directories, record)),
  );
}

function sampleAll(directories: Directories, records: readonly ContainerRecord[]): Map<string, UsageSample> {
  const samples = new Map<string, UsageSample>();
  for (const record of records) {
    const state = readState(directories, record);
    if (state.kind === "running" || state.kind === "paused")
      samples.set(record.id, measureUsage(state.pid, record.id));
  }
  return samples;
}

function row(
  record: ContainerRecord,
  before: UsageSample | undefined,
  after: UsageSample | undefined,
): TemplateRow {
  const names = { Container: shortId(record.id), ID: shortId(record.id), Name: record.name };
  if (!after) return { ...names, ...nothing };
  const limit = Math.min(machineMemoryBytes(), after.memoryLimitBytes ?? Number.POSITIVE_INFINITY);
  const { network } = after;
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
