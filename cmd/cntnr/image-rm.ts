import { listContainers } from "../../runtime/container/container-store.ts";
import { garbageOptions } from "../../runtime/engine/image-users.ts";
import { CntnrError } from "../../runtime/errors/cntnr-error.ts";
import { familiarName } from "../../runtime/image/reference.ts";
import { removeImage } from "../../runtime/image/remove-image.ts";
import { print } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { forEachName } from "./each-name.ts";

/** `cntnr image rm`: prints what docker prints, names that are gone and the id of an image that is. */
export function imageRm({ args, directories }: CommandContext): Promise<number> {
  const isForced = args.has("force");
  return forEachName(args.positionals, async (name) => {
    try {
      const removal = await removeImage(directories, name, {
        ...garbageOptions(directories),
        inUse: isForced ? "remove-anyway" : "refuse",
        usersOf: ({ id }) =>
          listContainers(directories)
            .records.filter((record) => record.imageId === id)
            .map((record) => record.name),
      });
      print(removal.names.map((gone) => (gone === "" ? "" : `Untagged: ${familiarName(gone)}\n`)).join(""));
      if (removal.id !== undefined) print(`Deleted: ${removal.id}\n`);
    } catch (error) {
      const isGone = error instanceof CntnrError && error.code === "not-found";
      if (!isGone || !isForced) throw error;
    }
  });
}
