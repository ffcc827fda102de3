import { pauseContainer } from "../../runtime/container/pause-container.ts";
import { print } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { forEachContainer } from "./each-container.ts";

/** `cntnr pause` */
export function pause({ args, directories }: CommandContext): Promise<number> {
  return forEachContainer(directories, args.positionals, async (record, name) => {
    await pauseContainer(directories, record, "unpaused");
    print(`${name}\n`);
  });
}
