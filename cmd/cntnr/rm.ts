import { findContainer, findId } from "../../runtime/container/container-store.ts";
import { removeVolumesOf } from "../../runtime/container/container-volumes.ts";
import { removeContainer } from "../../runtime/container/end-container.ts";
import { removeDamaged } from "../../runtime/container/settle.ts";
import { CntnrError } from "../../runtime/errors/cntnr-error.ts";
import type { Directories } from "../../runtime/store/directories.ts";
import { print, printError } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { forEachName } from "./each-container.ts";

/** `cntnr rm` */
export function rm({ args, directories }: CommandContext): Promise<number> {
  const isForced = args.has("force");
  return forEachName(args.positionals, async (name) => {
    try {
      const record = findContainer(directories, name);
      await removeContainer(directories, record, isForced ? "kill" : "refuse");
      if (args.has("volumes")) await removeVolumesOf(directories, record);
    } catch (error) {
      if (!(error instanceof CntnrError) || !isForced) throw error;
      if (error.code === "not-found") {
        // docker's -f, too, is content when there is nothing to remove, and says so.
        printError(`cntnr: ${error.message}\n`);
        return;
      }
      if (error.code !== "corrupt") throw error;
      await removeByForce(directories, name);
    }
    print(`${name}\n`);
  });
}

async function removeByForce(directories: Directories, name: string): Promise<void> {
  const id = findId(directories, name);
  if (id) await removeDamaged(directories, id);
}
