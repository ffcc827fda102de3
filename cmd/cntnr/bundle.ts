import type { Bundle } from "../../runtime/engine/bundles.ts";
import { CntnrError } from "../../runtime/errors/cntnr-error.ts";
import { agoOf } from "../command-line/ago.ts";
import { interruptible } from "../command-line/interruption.ts";
import { print, printError } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { forEachName } from "./each-name.ts";
import { engineOf } from "./engine-of.ts";
import { formatList, formatOne } from "./format-template.ts";
import { parseTime } from "./since.ts";

/** `cntnr bundle run` */
export function bundleRun(context: CommandContext): Promise<number> {
  const streams = { kind: "own", signals: "pass" } as const;
  return engineOf(context).bundles.runAttached(context.args.positionals[0] ?? "", streams);
}

/** `cntnr bundle ls` */
export async function bundleLs(context: CommandContext): Promise<number> {
  const { args } = context;
  const { bundles, damaged } = await engineOf(context).bundles.list();
  const rows = bundles.map(describe);
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
export async function bundleInspect(context: CommandContext): Promise<number> {
  const { args } = context;
  const found: object[] = [];
  const exitCode = await forEachName(args.positionals, async (name) => {
    const bundle = await engineOf(context).bundles.inspect(name);
    const { mounts, layers, root } = bundle;
    found.push({ ...describe(bundle), Root: root, Mounts: mounts, Layers: layers });
  });
  const format = args.value("format");
  if (format === undefined) print(`${JSON.stringify(found, undefined, 2)}\n`);
  else print(found.map((bundle) => formatOne(bundle, format)).join(""));
  return exitCode;
}

function describe(bundle: Bundle) {
  const { name, image, imageId, command, directory, createdAt, updatedAt, lastUseMs } = bundle;
  return {
    Name: name,
    Image: image,
    ImageID: imageId,
    Command: command.join(" "),
    Directory: directory,
    CreatedAt: createdAt,
    UpdatedAt: updatedAt,
    LastUse: bundle.isWhole ? `${agoOf(new Date(lastUseMs).toISOString())} ago` : "not whole",
  };
}

/** `cntnr bundle export` */
export async function bundleExport(context: CommandContext): Promise<number> {
  const [name = "", file = ""] = context.args.positionals;
  await interruptible((signal) => engineOf(context).bundles.export(name, file, { signal }));
  return 0;
}

/** `cntnr bundle rm` */
export function bundleRm(context: CommandContext): Promise<number> {
  const { args } = context;
  const isForced = args.has("force");
  return forEachName(args.positionals, async (name) => {
    try {
      await engineOf(context).bundles.remove(name, { damaged: isForced ? "remove" : "refuse" });
    } catch (error) {
      const isMissing = error instanceof CntnrError && error.code === "not-found";
      if (!isMissing || !isForced) throw error;
    }
    print(`${name}\n`);
  });
}

/** `cntnr bundle gc` */
export async function bundleGc(context: CommandContext): Promise<number> {
  const ttl = context.args.value("ttl");
  const unusedSinceMs = ttl === undefined ? undefined : parseTime("--ttl", ttl, Date.now());
  const names = await engineOf(context).bundles.collect(unusedSinceMs);
  print(names.map((name) => `${name}\n`).join(""));
  return 0;
}
