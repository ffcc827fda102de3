import type { Engine } from "../../runtime/engine/engine.ts";
import { CntnrError } from "../../runtime/errors/cntnr-error.ts";
import { print } from "../command-line/output.ts";
import type { ParsedArguments } from "../command-line/parsed-arguments.ts";
import type { CommandContext } from "./command.ts";
import { forEachName } from "./each-name.ts";
import { engineOf } from "./engine-of.ts";
import { formatOne } from "./format-template.ts";
import { inspectContainer } from "./inspect-container.ts";

type Inspector = (engine: Engine, name: string, args: ParsedArguments) => Promise<object>;

/** What `--type` knows, in the order in which a name is looked for. */
const inspectors: Readonly<Record<string, Inspector>> = {
  container: async (engine, name, args) => {
    const container = await engine.containers.inspect(name);
    const told = inspectContainer(engine.directories, container);
    if (!args.has("size")) return told;
    const { ownBytes, imageBytes } = await engine.containers.size(container.id);
    return { ...told, SizeRw: ownBytes, SizeRootFs: ownBytes + imageBytes };
  },
  image: async (engine, name) => {
    const { inspected } = await import("./image-inspect.ts");
    return inspected(await engine.images.inspect(name));
  },
  volume: async (engine, name) => {
    const { describe } = await import("./volume.ts");
    return describe(await engine.volumes.inspect(name));
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

async function inspectAll(context: CommandContext, types: readonly string[]): Promise<number> {
  const { args } = context;
  const engine = engineOf(context);
  const found: object[] = [];
  const exitCode = await forEachName(args.positionals, async (name) => {
    found.push(await find(engine, name, types, args));
  });
  const format = args.value("format");
  if (format === undefined) print(`${JSON.stringify(found, undefined, 2)}\n`);
  else print(found.map((thing) => formatOne(thing, format)).join(""));
  return exitCode;
}

async function find(
  engine: Engine,
  name: string,
  types: readonly string[],
  args: ParsedArguments,
): Promise<object> {
  for (const type of types) {
    try {
      const inspector = inspectors[type];
      if (inspector) return await inspector(engine, name, args);
    } catch (error) {
      const isMissing = error instanceof CntnrError && ["not-found", "usage"].includes(error.code);
      if (!isMissing || types.length === 1) throw error;
    }
  }
  throw new CntnrError("not-found", `No such object: ${name}`);
}
