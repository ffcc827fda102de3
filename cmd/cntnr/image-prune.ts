import type { Garbage } from "../../runtime/image/collect-garbage.ts";
import { familiarName } from "../../runtime/image/reference.ts";
import { print } from "../command-line/output.ts";
import { decimalSize } from "./byte-size.ts";
import type { CommandContext } from "./command.ts";
import { confirm } from "./confirm.ts";
import { engineOf } from "./engine-of.ts";

/** `cntnr image prune`: images without a name, with --all also those that no container was made from. */
export async function imagePrune(context: CommandContext): Promise<number> {
  const { args } = context;
  const isAll = args.has("all");
  const what = isAll
    ? "This will remove all images without at least one container associated to them."
    : "This will remove all dangling images.";
  if (!args.has("force") && !(await confirm(what))) return 0;
  const { names, ids, garbage } = await engineOf(context).images.prune({
    all: isAll,
    filters: args.values("filter"),
  });
  if (names.length > 0) print("Deleted Images:\n");
  for (const name of names) if (name !== "") print(`untagged: ${familiarName(name)}\n`);
  for (const id of ids) print(`deleted: ${id}\n`);
  print(`${names.length > 0 ? "\n" : ""}Total reclaimed space: ${decimalSize(reclaimed(garbage))}\n`);
  return 0;
}

/** Bytes of blobs and of the files of layers. */
export function reclaimed(garbage: Garbage): number {
  return garbage.kind === "collected" ? garbage.blobBytes + garbage.layerBytes : 0;
}
