import { parseSignal } from "../../runtime/container/signal-name.ts";
import { print } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { forEachName } from "./each-name.ts";
import { engineOf } from "./engine-of.ts";

/** `cntnr kill` */
export function kill(context: CommandContext): Promise<number> {
  const { args } = context;
  const engine = engineOf(context);
  const signal = args.value("signal") ?? "SIGKILL";
  // Wrong for one is wrong for all.
  parseSignal(signal, "--signal");
  return forEachName(args.positionals, async (name) => {
    await engine.containers.kill(name, signal);
    print(`${name}\n`);
  });
}
