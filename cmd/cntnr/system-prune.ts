import { familiarName } from "../../runtime/image/reference.ts";
import { print } from "../command-line/output.ts";
import { decimalSize } from "./byte-size.ts";
import type { CommandContext } from "./command.ts";
import { confirm } from "./confirm.ts";
import { bytesOf, prunedText, pruneFilter } from "./container-prune.ts";
import { engineOf } from "./engine-of.ts";
import { reclaimed } from "./image-prune.ts";

/** `cntnr system prune`: stopped containers, images that nothing needs, what nothing refers to; volumes only when asked. */
export async function systemPrune(context: CommandContext): Promise<number> {
  const { args } = context;
  const allImages = args.has("all");
  const withVolumes = args.has("volumes");
  const isWanted = pruneFilter(args.values("filter"));
  if (!args.has("force") && !(await confirm(warning(allImages, withVolumes)))) return 0;
  const { containers, volumes, images, garbage } = await engineOf(context).system.prune({
    ...{ allImages, volumes: withVolumes, isWanted },
  });
  print(prunedText(containers));
  if (volumes.length > 0) print(`Deleted Volumes:\n${volumes.map((name) => `${name}\n`).join("")}\n`);
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
