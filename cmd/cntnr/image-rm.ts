import { listContainers, usedLayers } from "../../runtime/container/container-store.ts";
import { CntnrError } from "../../runtime/errors/cntnr-error.ts";
import { removeImage } from "../../runtime/image/remove-image.ts";
import { loadIdMappings } from "../../runtime/userns/load-id-mappings.ts";
import { print } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { forEachName } from "./each-container.ts";

/** `cntnr image rm` */
export function imageRm({ args, directories }: CommandContext): Promise<number> {
  const isForced = args.has("force");
  const mappings = loadIdMappings();
  return forEachName(args.positionals, async (name) => {
    try {
      const removal = await removeImage(directories, name, {
        mappings,
        inUse: isForced ? "remove-anyway" : "refuse",
        usedLayers: () => usedLayers(directories),
        usersOf: ({ id }) =>
          listContainers(directories)
            .records.filter((record) => record.imageId === id)
            .map((record) => record.name),
      });
      print(removal.names.map((removed) => `${removed}\n`).join(""));
    } catch (error) {
      const isGone = error instanceof CntnrError && error.code === "not-found";
      if (!isGone || !isForced) throw error;
    }
  });
}
