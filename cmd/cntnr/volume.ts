import { parseLabels } from "../../runtime/container/environment-flags.ts";
import type { Volume, Volumes } from "../../runtime/engine/volumes.ts";
import { CntnrError } from "../../runtime/errors/cntnr-error.ts";
import type { VolumeRecord } from "../../runtime/volume/volume-store.ts";
import { print, printError } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { confirm } from "./confirm.ts";
import { forEachName } from "./each-name.ts";
import { engineOf } from "./engine-of.ts";
import { lacksLabels, matches, matchesLabels, parseFilters, trueOrFalse } from "./filters.ts";
import { formatList, formatOne } from "./format-template.ts";
import { bytesOf, prunedText, reclaimedText } from "./pruned.ts";

/** `cntnr volume create` */
export async function volumeCreate(context: CommandContext): Promise<number> {
  const { args } = context;
  const options = Object.fromEntries(args.values("opt").map(parseOption));
  const labels = parseLabels(args.values("label"));
  const volume = await engineOf(context).volumes.create(args.positionals[0], { labels, options });
  print(`${volume.name}\n`);
  return 0;
}

function parseOption(text: string): [string, string] {
  const [, key, value] = /^(type|o|device)=(.*)$/.exec(text) ?? [];
  if (key !== undefined && value !== undefined) return [key, value];
  throw new CntnrError("usage", `-o "${text}": there are type=, o= and device=`);
}

/** `cntnr volume ls` */
export async function volumeLs(context: CommandContext): Promise<number> {
  const { args } = context;
  const engine = engineOf(context);
  const { volumes, damaged } = await engine.volumes.list();
  const isWanted = await wantedBy(args.values("filter"), engine.volumes);
  const rows = volumes.filter(isWanted).map(describe);
  const format = args.has("quiet") ? "{{.Name}}" : args.value("format");
  print(
    formatList(rows, format, {
      headings: { Name: "VOLUME NAME", Driver: "DRIVER" },
      columns: ["Driver", "Name"],
    }),
  );
  for (const error of damaged) printError(`cntnr: ${error.message}\n`);
  return damaged.length === 0 ? 0 : 1;
}

/** `cntnr volume inspect` */
export async function volumeInspect(context: CommandContext): Promise<number> {
  const { args } = context;
  const { volumes } = engineOf(context);
  const found: object[] = [];
  const exitCode = await forEachName(args.positionals, async (name) => {
    found.push(describe(await volumes.inspect(name)));
  });
  const format = args.value("format");
  if (format === undefined) print(`${JSON.stringify(found, undefined, 2)}\n`);
  else print(found.map((volume) => formatOne(volume, format)).join(""));
  return exitCode;
}

/** A volume in docker's words. */
export function describe({ name, createdAt, labels, options, anonymous, directory }: Volume) {
  const label = (key: string) => labels[key] ?? "";
  const words = { Name: name, Driver: "local", Scope: "local", CreatedAt: createdAt, Mountpoint: directory };
  return { ...words, Labels: labels, Label: label, Options: options, Anonymous: anonymous };
}

/** `cntnr volume rm` */
export function volumeRm(context: CommandContext): Promise<number> {
  const { args } = context;
  const { volumes } = engineOf(context);
  return forEachName(args.positionals, async (name) => {
    try {
      await volumes.remove(name);
    } catch (error) {
      const isMissing = error instanceof CntnrError && error.code === "not-found";
      if (!isMissing || !args.has("force")) throw error;
    }
    print(`${name}\n`);
  });
}

/** `cntnr volume prune` */
export async function volumePrune(context: CommandContext): Promise<number> {
  const { args } = context;
  const isAll = args.has("all");
  const what = isAll ? "all volumes" : "all anonymous volumes";
  if (!args.has("force")) await confirm(`This removes ${what} that no container uses.`);
  const { volumes } = engineOf(context);
  const isWanted = await wantedBy(args.values("filter"), volumes);
  const pruned = await volumes.prune((volume) => (isAll || volume.anonymous) && isWanted(volume));
  const names = pruned.map(({ name }) => name);
  print(prunedText("Volumes", names) + reclaimedText(bytesOf(pruned)));
  return 0;
}

/** `--filter` of volumes. Throws CntnrError `usage`. */
async function wantedBy(
  texts: readonly string[],
  volumes: Volumes,
): Promise<(volume: VolumeRecord) => boolean> {
  const filters = parseFilters(texts, {
    name: "any",
    driver: "any",
    label: "any",
    "label!": "any",
    dangling: trueOrFalse,
  });
  const used = filters.has("dangling") ? await volumes.used() : new Map<string, string>();
  return ({ name, labels }) =>
    matches(filters, "name", (text) => name.includes(text)) &&
    matches(filters, "dangling", (text) => used.has(name) === /^(?:false|0)$/.test(text)) &&
    matches(filters, "driver", (text) => text === "local") &&
    matchesLabels(filters, "label", labels) &&
    lacksLabels(filters, "label!", labels);
}
