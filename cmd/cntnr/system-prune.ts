import { usedVolumes } from "../../runtime/container/container-volumes.ts";
import { pruneContainers } from "../../runtime/container/prune-containers.ts";
import { garbageOptions, manifestsInUse } from "../../runtime/engine/image-users.ts";
import { removeNames } from "../../runtime/image/expire-images.ts";
import { listImages } from "../../runtime/image/list-images.ts";
import { familiarName } from "../../runtime/image/reference.ts";
import { loadIdMappings } from "../../runtime/userns/load-id-mappings.ts";
import { pruneVolumes } from "../../runtime/volume/remove-volumes.ts";
import { print } from "../command-line/output.ts";
import { decimalSize } from "./byte-size.ts";
import type { CommandContext } from "./command.ts";
import { confirm } from "./confirm.ts";
import { bytesOf, prunedText, pruneFilter } from "./container-prune.ts";
import { reclaimed } from "./image-prune.ts";

/** `cntnr system prune`: stopped containers, images that nothing needs, what nothing refers to; volumes only when asked. */
export async function systemPrune({ args, directories }: CommandContext): Promise<number> {
  const isAll = args.has("all");
  const isWanted = pruneFilter(args.values("filter"));
  if (!args.has("force") && !(await confirm(warning(isAll, args.has("volumes"))))) return 0;
  const containers = await pruneContainers(directories, isWanted);
  print(prunedText(containers));
  if (args.has("volumes")) {
    const options = { mappings: loadIdMappings(), usedVolumes: () => usedVolumes(directories) };
    const names = await pruneVolumes(directories, ({ anonymous }) => anonymous, options);
    if (names.length > 0) print(`Deleted Volumes:\n${names.map((name) => `${name}\n`).join("")}\n`);
  }
  const inUse = manifestsInUse(directories);
  const images = listImages(directories).filter(
    ({ name, manifestDigest, created, labels }) =>
      !inUse.has(manifestDigest) && (isAll || name === "") && isWanted({ createdAt: created, labels }),
  );
  const garbage = await removeNames(directories, images, garbageOptions(directories));
  const names = images.map(({ name, id }) =>
    name === "" ? `deleted: ${id}` : `untagged: ${familiarName(name)}`,
  );
  if (names.length > 0) print(`Deleted Images:\n${names.map((name) => `${name}\n`).join("")}\n`);
  print(`Total reclaimed space: ${decimalSize(bytesOf(containers) + reclaimed(garbage))}\n`);
  return 0;
}

function warning(isAll: boolean, withVolumes: boolean): string {
  const images = isAll
    ? "all images without at least one container associated to them"
    : "all dangling images";
  const volumes = withVolumes ? ", all anonymous volumes that no container uses" : "";
  return `This will remove all stopped containers${volumes}, and ${images}.`;
}
