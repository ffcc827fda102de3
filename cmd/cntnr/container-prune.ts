import type { ContainerRecord } from "../../runtime/container/container-record.ts";
import type { PrunedContainer } from "../../runtime/container/prune-containers.ts";
import { print } from "../command-line/output.ts";
import { decimalSize } from "./byte-size.ts";
import type { CommandContext } from "./command.ts";
import { confirm } from "./confirm.ts";
import { engineOf } from "./engine-of.ts";
import { matchesLabels, parseFilters } from "./filters.ts";
import { parseTime } from "./since.ts";

/** `cntnr container prune` */
export async function containerPrune(context: CommandContext): Promise<number> {
  const { args } = context;
  const isWanted = pruneFilter(args.values("filter"));
  if (!args.has("force") && !(await confirm("This will remove all stopped containers."))) return 0;
  const pruned = await engineOf(context).containers.prune(isWanted);
  print(`${prunedText(pruned)}Total reclaimed space: ${decimalSize(bytesOf(pruned))}\n`);
  return 0;
}

/** `--filter until=TIME` and `label=`, as the prune commands have them. Throws CntnrError `usage`. */
export function pruneFilter(
  texts: readonly string[],
): (thing: Pick<ContainerRecord, "createdAt" | "labels">) => boolean {
  const filters = parseFilters(texts, ["label", "until"]);
  const untilMs = filters.get("until")?.map((text) => parseTime("--filter until=", text, Date.now())) ?? [];
  return ({ createdAt, labels }) =>
    untilMs.every((time) => Date.parse(createdAt) < time) && matchesLabels(filters, "label", labels);
}

export function prunedText(pruned: readonly PrunedContainer[]): string {
  if (pruned.length === 0) return "";
  return `Deleted Containers:\n${pruned.map(({ id }) => `${id}\n`).join("")}\n`;
}

export function bytesOf(pruned: readonly PrunedContainer[]): number {
  return pruned.reduce((sum, { bytes }) => sum + bytes, 0);
}
