import { familiarName } from "../../runtime/image/reference.ts";
import { print } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { confirm } from "./confirm.ts";
import { pruneFilter } from "./container-prune.ts";
import { engineOf } from "./engine-of.ts";
import { reclaimed } from "./image-prune.ts";
import { bytesOf, prunedText, reclaimedText } from "./pruned.ts";

/** `cntnr system prune`: stopped containers, images that nothing needs, what nothing refers to; volumes only when asked. */
export async function systemPrune(context: CommandContext): Promise<number> {
  const { args } = context;
  const allImages = args.has("all");
  const withVolumes = args.has("volumes");
  const isWanted = pruneFilter(args.values("filter"));
  if (!args.has("force")) await confirm(warning(allImages, withVolumes));
  const { containers, volumes, images, garbage } = await engineOf(context).system.prune({
    ...{ allImages, volumes: withVolumes, isWanted },
  });
  const ids = containers.map(({ id }) => id);
  const volumeNames = volumes.map(({ name }) => name);
  const names = images.map(({ name, id }) =>
    name === "" ? `deleted: ${id}` : `untagged: ${familiarName(name)}`,
  );
  print(prunedText("Containers", ids) + prunedText("Volumes", volumeNames) + prunedText("Images", names));
  print(reclaimedText(bytesOf(containers) + bytesOf(volumes) + reclaimed(garbage)));
  return 0;
}

function warning(isAll: boolean, withVolumes: boolean): string {
  const images = isAll
    ? "all images without at least one container associated to them"
    : "all dangling images";
  const volumes = withVolumes ? ", all anonymous volumes that no container uses" : "";
  return `This will remove all stopped containers${volumes}, and ${images}.`;
}
