import { CntnrError } from "../../runtime/errors/cntnr-error.ts";
import {
  type BundleRecord,
  findBundle,
  isWhole,
  listBundles,
} from "../../runtime/named-bundle/bundle-record.ts";
import { exportBundle } from "../../runtime/named-bundle/export-bundle.ts";
import { collectBundles, lastUseMs, removeBundle } from "../../runtime/named-bundle/remove-bundles.ts";
import { runBundle } from "../../runtime/named-bundle/run-bundle.ts";
import type { Directories } from "../../runtime/store/directories.ts";
import { agoOf } from "../command-line/ago.ts";
import { interruptible } from "../command-line/interruption.ts";
import { print, printError } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { forEachName } from "./each-name.ts";
import { formatList, formatOne } from "./format-template.ts";
import { parseTime } from "./since.ts";

/** `cntnr bundle run` */
export function bundleRun({ args, directories }: CommandContext): Promise<number> {
  return runBundle(directories, findBundle(directories, args.positionals[0] ?? ""), { signals: "pass" });
}

/** `cntnr bundle ls` */
export function bundleLs({ args, directories }: CommandContext): number {
  const { bundles, damaged } = listBundles(directories);
  const rows = bundles.map((record) => describe(directories, record));
  const headings = {
    Name: "NAME",
    Image: "IMAGE",
    Command: "COMMAND",
    LastUse: "LAST USE",
    Directory: "DIRECTORY",
  };
  const columns = ["Name", "Image", "Command", "LastUse", "Directory"];
  print(formatList(rows, args.has("quiet") ? "{{.Name}}" : args.value("format"), { headings, columns }));
  for (const error of damaged) printError(`cntnr: ${error.message}\n`);
  return damaged.length === 0 ? 0 : 1;
}

/** `cntnr bundle inspect` */
export async function bundleInspect({ args, directories }: CommandContext): Promise<number> {
  const found: object[] = [];
  const exitCode = await forEachName(args.positionals, (name) => {
    const record = findBundle(directories, name);
    const { mounts, layers, root } = record;
    found.push({ ...describe(directories, record), Root: root, Mounts: mounts, Layers: layers });
  });
  const format = args.value("format");
  if (format === undefined) print(`${JSON.stringify(found, undefined, 2)}\n`);
  else print(found.map((bundle) => formatOne(bundle, format)).join(""));
  return exitCode;
}

function describe(directories: Directories, record: BundleRecord) {
  const { name, image, imageId, command, directory, createdAt, updatedAt } = record;
  return {
    Name: name,
    Image: image,
    ImageID: imageId,
    Command: command.join(" "),
    Directory: directory,
    CreatedAt: createdAt,
    UpdatedAt: updatedAt,
    LastUse: isWhole(record)
      ? `${agoOf(new Date(lastUseMs(directories, record)).toISOString())} ago`
      : "not whole",
  };
}

/** `cntnr bundle export` */
export async function bundleExport({ args, directories }: CommandContext): Promise<number> {
  const [name = "", file = ""] = args.positionals;
  await interruptible((signal) => exportBundle(directories, findBundle(directories, name), file, { signal }));
  return 0;
}

/** `cntnr bundle rm` */
export function bundleRm({ args, directories }: CommandContext): Promise<number> {
  const isForced = args.has("force");
  return forEachName(args.positionals, async (name) => {
    try {
      await removeBundle(directories, name, isForced ? "remove" : "refuse");
    } catch (error) {
      const isMissing = error instanceof CntnrError && error.code === "not-found";
      if (!isMissing || !isForced) throw error;
    }
    print(`${name}\n`);
  });
}

/** `cntnr bundle gc` */
export async function bundleGc({ args, directories }: CommandContext): Promise<number> {
  const ttl = args.value("ttl");
  const unusedSinceMs = ttl === undefined ? undefined : parseTime("--ttl", ttl, Date.now());
  const names = await collectBundles(directories, unusedSinceMs);
  print(names.map((name) => `${name}\n`).join(""));
  return 0;
}
