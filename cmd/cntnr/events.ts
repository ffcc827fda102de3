import type { EngineEvent } from "../../runtime/events/event-log.ts";
import { print } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { engineOf } from "./engine-of.ts";
import { type FilterKeys, type Filters, matches, matchesLabels, parseFilters } from "./filters.ts";
import { formatOne } from "./format-template.ts";
import { parseTime } from "./since.ts";

const filterKeys: FilterKeys = {
  ...{ container: "any", event: "any", image: "any", label: "any", network: "any", volume: "any" },
  type: ["container", "image", "network", "volume"],
};

/** `cntnr events` */
export async function events(context: CommandContext): Promise<number> {
  const { args } = context;
  const [since, until, format] = ["since", "until", "format"].map((name) => args.value(name));
  const filters = parseFilters(args.values("filter"), filterKeys);
  const now = Date.now();
  const found = engineOf(context).events({
    ...(since === undefined ? {} : { sinceMs: parseTime("--since", since, now) }),
    ...(until === undefined ? {} : { untilMs: parseTime("--until", until, now) }),
  });
  for await (const event of found)
    if (isWanted(event, filters))
      print(format === undefined ? lineOf(event) : formatOne(dockersOf(event), format));
  return 0;
}

function isWanted(event: EngineEvent, filters: Filters): boolean {
  const { type, action, id, attributes } = event;
  const names = (kind: EngineEvent["type"]) => (value: string) =>
    type === kind && (attributes.name === value || (value.length > 0 && id.startsWith(value)));
  return (
    matches(filters, "type", (value) => value === type) &&
    matches(filters, "event", (value) => action === value || action.startsWith(`${value}:`)) &&
    matches(filters, "container", names("container")) &&
    matches(filters, "network", names("network")) &&
    matches(filters, "volume", names("volume")) &&
    matches(filters, "image", (value) => attributes.image === value || names("image")(value)) &&
    matchesLabels(filters, "label", attributes)
  );
}

/** Docker's line: TIME TYPE ACTION ID (KEY=VALUE, ...). */
function lineOf({ timeMs, type, action, id, attributes }: EngineEvent): string {
  const words = Object.entries(attributes)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${value}`);
  return `${new Date(timeMs).toISOString()} ${type} ${action} ${id} (${words.join(", ")})\n`;
}

/** As docker's API has it, which `--format` is about. */
function dockersOf({ timeMs, type, action, id, attributes }: EngineEvent) {
  return {
    ...(type === "container" ? { status: action, id, from: attributes.image ?? "" } : {}),
    Type: type,
    Action: action,
    Actor: { ID: id, Attributes: attributes },
    scope: "local",
    time: Math.floor(timeMs / 1000),
    timeNano: Math.floor(timeMs * 1000) * 1000,
  };
}
