import { stopContainer } from "../../runtime/container/end-container.ts";
import { print } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { forEachContainer } from "./each-container.ts";
import { stopOptions } from "./stop-options.ts";

/** `cntnr stop` */
export function stop({ args, directories }: CommandContext): Promise<number> {
  const optionsFor = stopOptions(args);
  return forEachContainer(directories, args.positionals, async (record, name) => {
    await stopContainer(directories, record, optionsFor(record));
    print(`${name}\n`);
  });
}
