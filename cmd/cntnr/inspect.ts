import { findContainer } from "../../runtime/container/container-store.ts";
import { settle } from "../../runtime/container/settle.ts";
import { CntnrError } from "../../runtime/errors/cntnr-error.ts";
import type { Directories } from "../../runtime/store/directories.ts";
import { print } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { forEachName } from "./each-name.ts";
import { formatOne } from "./format-template.ts";
import { inspectContainer } from "./inspect-container.ts";

type Inspector = (directories: Directories, name: string) => Promise<object>;

/** What `--type` knows, in the order in which a name is looked for. */
const inspectors: Readonly<Record<string, Inspector>> = {
  container: async (directories, name) => {
    const record = findContainer(directories, name);
    const state = await settle(directories, record);
    if (state.kind === "removed")
      throw new CntnrError("not-found", `container ${name} has just been removed`);
    return inspectContainer(directories, record, state);
  },
  image: async (directories, name) => {
    const { imageDetails } = await import("../../runtime/image/image-details.ts");
    const { inspected } = await import("./image-inspect.ts");
    return inspected(imageDetails(directories, name));
  },
  volume: async (directories, name) => {
    const { findVolume } = await import("../../runtime/volume/volume-store.ts");
    const { describe } = await import("./volume.ts");
    return describe(directories, findVolume(directories, name));
  },
};

/** `cntnr inspect`: containers, images and volumes, docker's JSON array, or what a template makes of each. */
export function inspect(context: CommandContext): Promise<number> {
  const type = context.args.value("type");
  return inspectAll(context, type === undefined ? Object.keys(inspectors) : [type]);
}

/** `cntnr container inspect` */
export function containerInspect(context: CommandContext): Promise<number> {
  return inspectAll(context, ["container"]);
}

async function inspectAll({ args, directories }: CommandContext, types: readonly string[]): Promise<number> {
  const found: object[] = [];
  const exitCode = await forEachName(args.positionals, async (name) => {
    found.push(await find(directories, name, types));
  });
  const format = args.value("format");
  if (format === undefined) print(`${JSON.stringify(found, undefined, 2)}\n`);
  else print(found.map((thing) => formatOne(thing, format)).join(""));
  return exitCode;
}

async function find(directories: Directories, name: string, types: readonly string[]): Promise<object> {
  for (const type of types) {
    try {
      const inspector = inspectors[type];
      if (inspector) return await inspector(directories, name);
    } catch (error) {
      const isMissing = error instanceof CntnrError && ["not-found", "usage"].includes(error.code);
      if (!isMissing || types.length === 1) throw error;
    }
  }
  throw new CntnrError("not-found", `No such object: ${name}`);
}
