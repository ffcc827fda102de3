import type { ContainerRecord } from "../../runtime/container/container-record.ts";
import { print } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { confirm } from "./confirm.ts";
import { engineOf } from "./engine-of.ts";
import { lacksLabels, matchesLabels, parseFilters } from "./filters.ts";
import { bytesOf, prunedText, reclaimedText } from "./pruned.ts";
import { parseTime } from "./since.ts";

/** `cntnr container prune` */
export async function containerPrune(context: CommandContext): Promise<number> {
  const { args } = context;
  const isWanted = pruneFilter(args.values("filter"));
  if (!args.has("force")) await confirm("This will remove all stopped containers.");
  const pruned = await engineOf(context).containers.prune(isWanted);
  const ids = pruned.map(({ id }) => id);
  print(prunedText("Containers", ids) + reclaimedText(bytesOf(pruned)));
  return 0;
}

/** `--filter until=TIME` and `label=`, as the prune commands have them. Throws CntnrError `usage`. */
export function pruneFilter(
  texts: readonly string[],
): (thing: Pick<ContainerRecord, "createdAt" | "labels">) => boolean {
  const filters = parseFilters(texts, { label: "any", "label!": "any", until: "any" });
  const untilMs = filters.get("until")?.map((text) => parseTime("--filter until=", text, Date.now())) ?? [];
  return ({ createdAt, labels }) =>
    untilMs.every((time) => Date.parse(createdAt) < time) &&
    matchesLabels(filters, "label", labels) &&
    lacksLabels(filters, "label!", labels);
}
