import { CntnrError } from "../../runtime/errors/cntnr-error.ts";
import { print } from "../command-line/output.ts";
import { parseAttachFlags } from "./attach-flags.ts";
import type { CommandContext } from "./command.ts";
import { forEachName } from "./each-name.ts";
import { engineOf } from "./engine-of.ts";
import { parseNotifyMode } from "./run-request.ts";

/** `cntnr start`: with -a or -i its exit code is the container's. */
export async function start(context: CommandContext): Promise<number> {
  const { args } = context;
  const engine = engineOf(context);
  const sdnotify = parseNotifyMode(args);
  const options = sdnotify === undefined ? {} : { sdnotify };
  if (!args.has("attach") && !args.has("interactive"))
    return forEachName(args.positionals, async (name) => {
      await engine.containers.start(name, options);
      print(`${name}\n`);
    });
  const [name = "", ...others] = args.positionals;
  if (others.length > 0) throw new CntnrError("usage", "start -a and -i are for one container at a time");
  const stdin = args.has("interactive") ? "pass" : "keep";
  const streams = { kind: "own", ...parseAttachFlags(args), stdin } as const;
  const end = await engine.containers.startAttached(name, streams, options);
  return end.kind === "left" ? 0 : end.exitCode;
}
