import type { Garbage } from "../../runtime/image/collect-garbage.ts";
import { familiarName } from "../../runtime/image/reference.ts";
import { print } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { confirm } from "./confirm.ts";
import { engineOf } from "./engine-of.ts";
import { prunedText, reclaimedText } from "./pruned.ts";

/** `cntnr image prune`: images without a name, with --all also those that no container was made from. */
export async function imagePrune(context: CommandContext): Promise<number> {
  const { args } = context;
  const isAll = args.has("all");
  const what = isAll
    ? "This will remove all images without at least one container associated to them."
    : "This will remove all dangling images.";
  if (!args.has("force")) await confirm(what);
  const { names, ids, garbage } = await engineOf(context).images.prune({
    all: isAll,
    filters: args.values("filter"),
  });
  const untagged = names.filter((name) => name !== "").map((name) => `untagged: ${familiarName(name)}`);
  const lines = [...untagged, ...ids.map((id) => `deleted: ${id}`)];
  print(prunedText("Images", lines) + reclaimedText(reclaimed(garbage)));
  return 0;
}

/** Bytes of blobs and of the files of layers. */
export function reclaimed(garbage: Garbage): number {
  return garbage.kind === "collected" ? garbage.blobBytes + garbage.layerBytes : 0;
}
