import { garbageOptions, manifestsInUse } from "../../runtime/engine/image-users.ts";
import type { Garbage } from "../../runtime/image/collect-garbage.ts";
import { removeNames } from "../../runtime/image/expire-images.ts";
import { filterImages } from "../../runtime/image/filter-images.ts";
import { listImages } from "../../runtime/image/list-images.ts";
import { familiarName } from "../../runtime/image/reference.ts";
import { print } from "../command-line/output.ts";
import { decimalSize } from "./byte-size.ts";
import type { CommandContext } from "./command.ts";
import { confirm } from "./confirm.ts";

/** `cntnr image prune`: images without a name, with --all also those that no container was made from. */
export async function imagePrune({ args, directories }: CommandContext): Promise<number> {
  const isAll = args.has("all");
  const what = isAll
    ? "This will remove all images without at least one container associated to them."
    : "This will remove all dangling images.";
  if (!args.has("force") && !(await confirm(what))) return 0;
  const inUse = manifestsInUse(directories);
  const images = filterImages(listImages(directories), args.values("filter")).filter(
    ({ name, manifestDigest }) => !inUse.has(manifestDigest) && (isAll || name === ""),
  );
  const garbage = await removeNames(directories, images, garbageOptions(directories));
  const left = new Set(listImages(directories).map(({ manifestDigest }) => manifestDigest));
  const gone = images.filter(({ manifestDigest }) => !left.has(manifestDigest));
  if (images.length > 0) print("Deleted Images:\n");
  for (const { name } of images) if (name !== "") print(`untagged: ${familiarName(name)}\n`);
  for (const id of new Set(gone.map((image) => image.id))) print(`deleted: ${id}\n`);
  print(`${images.length > 0 ? "\n" : ""}Total reclaimed space: ${decimalSize(reclaimed(garbage))}\n`);
  return 0;
}

/** Bytes of blobs and of the files of layers. */
export function reclaimed(garbage: Garbage): number {
  return garbage.kind === "collected" ? garbage.blobBytes + garbage.layerBytes : 0;
}
