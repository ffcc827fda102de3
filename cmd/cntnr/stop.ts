import { stopContainer } from "../../runtime/container/end-container.ts";
import { CntnrError } from "../../runtime/errors/cntnr-error.ts";
import { print } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { forEachContainer } from "./each-container.ts";

const defaultSeconds = "10";

/** `cntnr stop` */
export function stop({ args, directories }: CommandContext): Promise<number> {
  const text = args.value("time") ?? defaultSeconds;
  if (!/^\d{1,7}$/.test(text)) throw new CntnrError("usage", `-t "${text}" is not a number of seconds`);
  return forEachContainer(directories, args.positionals, async (record, name) => {
    await stopContainer(directories, record, Number(text) * 1000);
    print(`${name}\n`);
  });
}
