import { usedVolumes } from "../../runtime/container/container-volumes.ts";
import { parseLabels } from "../../runtime/container/environment-flags.ts";
import { CntnrError } from "../../runtime/errors/cntnr-error.ts";
import type { Directories } from "../../runtime/store/directories.ts";
import { loadIdMappings } from "../../runtime/userns/load-id-mappings.ts";
import { pruneVolumes, type RemovalSurroundings, removeVolume } from "../../runtime/volume/remove-volumes.ts";
import {
  createVolume,
  findVolume,
  listVolumes,
  newAnonymousName,
  type VolumeRecord,
  volumePaths,
} from "../../runtime/volume/volume-store.ts";
import { print, printError } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { confirm } from "./confirm.ts";
import { forEachName } from "./each-name.ts";
import { matches, matchesLabels, parseFilters } from "./filters.ts";
import { formatList, formatOne } from "./format-template.ts";

/** `cntnr volume create` */
export function volumeCreate({ args, directories }: CommandContext): number {
  const [name] = args.positionals;
  const options = Object.fromEntries(args.values("opt").map(parseOption));
  const { type = "none", device } = options;
  if (type !== "none" && type !== "tmpfs")
    throw new CntnrError(
      "unsupported",
      `-o type=${type}: only root may mount that; there are none and tmpfs`,
    );
  if (type === "none" && device !== undefined && !device.startsWith("/"))
    throw new CntnrError("usage", `-o device=${device}: the directory is not absolute`);
  const volume = createVolume(directories, {
    name: name ?? newAnonymousName(),
    anonymous: name === undefined,
    labels: parseLabels(args.values("label")),
    options,
  });
  print(`${volume.name}\n`);
  return 0;
}

function parseOption(text: string): [string, string] {
  const [, key, value] = /^(type|o|device)=(.*)$/.exec(text) ?? [];
  if (key !== undefined && value !== undefined) return [key, value];
  throw new CntnrError("usage", `-o "${text}": there are type=, o= and device=`);
}

/** `cntnr volume ls` */
export function volumeLs({ args, directories }: CommandContext): number {
  const { volumes, damaged } = listVolumes(directories);
  const isWanted = wantedBy(args.values("filter"), directories);
  const rows = volumes.filter(isWanted).map((volume) => describe(directories, volume));
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
export async function volumeInspect({ args, directories }: CommandContext): Promise<number> {
  const found: object[] = [];
  const exitCode = await forEachName(args.positionals, (name) => {
    found.push(describe(directories, findVolume(directories, name)));
  });
  const format = args.value("format");
  if (format === undefined) print(`${JSON.stringify(found, undefined, 2)}\n`);
  else print(found.map((volume) => formatOne(volume, format)).join(""));
  return exitCode;
}

/** A volume in docker's words. */
export function describe(directories: Directories, volume: VolumeRecord) {
  const { name, createdAt, labels, options, anonymous } = volume;
  const label = (key: string) => labels[key] ?? "";
  const mountpoint = options.device ?? volumePaths(directories, name).data;
  const words = { Name: name, Driver: "local", Scope: "local", CreatedAt: createdAt, Mountpoint: mountpoint };
  return { ...words, Labels: labels, Label: label, Options: options, Anonymous: anonymous };
}

/** `cntnr volume rm` */
export function volumeRm({ args, directories }: CommandContext): Promise<number> {
  return forEachName(args.positionals, async (name) => {
    try {
      await removeVolume(directories, name, surroundings(directories));
    } catch (error) {
      const isMissing = error instanceof CntnrError && error.code === "not-found";
      if (!isMissing || !args.has("force")) throw error;
    }
    print(`${name}\n`);
  });
}

/** `cntnr volume prune` */
export async function volumePrune({ args, directories }: CommandContext): Promise<number> {
  const isAll = args.has("all");
  const what = isAll ? "all volumes" : "all anonymous volumes";
  if (!args.has("force") && !(await confirm(`This removes ${what} that no container uses.`))) return 1;
  const isWanted = wantedBy(args.values("filter"), directories);
  const names = await pruneVolumes(
    directories,
    (volume) => (isAll || volume.anonymous) && isWanted(volume),
    surroundings(directories),
  );
  print(names.map((name) => `${name}\n`).join(""));
  return 0;
}

function surroundings(directories: Directories): RemovalSurroundings {
  return { mappings: loadIdMappings(), usedVolumes: () => usedVolumes(directories) };
}

/** `--filter` of volumes. Throws CntnrError `usage`. */
function wantedBy(texts: readonly string[], directories: Directories): (volume: VolumeRecord) => boolean {
  const filters = parseFilters(texts, ["name", "label", "dangling"]);
  const used = filters.has("dangling") ? usedVolumes(directories) : new Map<string, string>();
  return ({ name, labels }) =>
    matches(filters, "name", (text) => name.includes(text)) &&
    matches(filters, "dangling", (text) => used.has(name) !== parseSwitch(text)) &&
    matchesLabels(filters, "label", labels);
}

function parseSwitch(text: string): boolean {
  if (/^(?:true|1)$/.test(text)) return true;
  if (/^(?:false|0)$/.test(text)) return false;
  throw new CntnrError("usage", `--filter dangling=${text}: it is true or false`);
}
