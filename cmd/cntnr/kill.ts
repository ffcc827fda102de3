import { signalContainer } from "../../runtime/container/end-container.ts";
import { parseSignal } from "../../runtime/container/signal-name.ts";
import { print } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { forEachContainer } from "./each-container.ts";

/** `cntnr kill` */
export function kill({ args, directories }: CommandContext): Promise<number> {
  const signal = parseSignal(args.value("signal") ?? "SIGKILL", "--signal");
  return forEachContainer(directories, args.positionals, async (record, name) => {
    await signalContainer(directories, record, signal);
    print(`${name}\n`);
  });
}
