import { findContainer } from "../../runtime/container/container-store.ts";
import { renameContainer } from "../../runtime/container/rename-container.ts";
import type { CommandContext } from "./command.ts";

/** `cntnr rename` */
export async function rename({ args, directories }: CommandContext): Promise<number> {
  const [container = "", name = ""] = args.positionals;
  await renameContainer(directories, findContainer(directories, container), name);
  return 0;
}
