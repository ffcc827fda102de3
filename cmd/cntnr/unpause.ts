import { unpauseContainer } from "../../runtime/container/pause-container.ts";
import { print } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { forEachContainer } from "./each-container.ts";

/** `cntnr unpause` */
export function unpause({ args, directories }: CommandContext): Promise<number> {
  return forEachContainer(directories, args.positionals, async (record, name) => {
    await unpauseContainer(directories, record);
    print(`${name}\n`);
  });
}
