import { restartContainer } from "../../runtime/container/restart-container.ts";
import { print } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { forEachContainer } from "./each-container.ts";
import { stopOptions } from "./stop-options.ts";

/** `cntnr restart` */
export function restart({ args, directories }: CommandContext): Promise<number> {
  const optionsFor = stopOptions(args);
  return forEachContainer(directories, args.positionals, async (record, name) => {
    await restartContainer(directories, record, optionsFor(record));
    print(`${name}\n`);
  });
}
