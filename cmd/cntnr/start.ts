import { startAttached } from "../../runtime/container/attached-container.ts";
import type { ContainerRecord } from "../../runtime/container/container-record.ts";
import { findContainer } from "../../runtime/container/container-store.ts";
import { checkTerminal } from "../../runtime/container/run-foreground.ts";
import { startContainer } from "../../runtime/container/start-container.ts";
import { CntnrError } from "../../runtime/errors/cntnr-error.ts";
import { serviceOf } from "../../runtime/systemd/service.ts";
import { print } from "../command-line/output.ts";
import { parseAttachFlags } from "./attach-flags.ts";
import type { CommandContext } from "./command.ts";
import { forEachContainer } from "./each-container.ts";
import { parseNotifyMode } from "./run-request.ts";

/** `cntnr start`: with -a or -i its exit code is the container's. */
export async function start({ args, directories, env }: CommandContext): Promise<number> {
  const serviceFor = (record: ContainerRecord) => {
    const service = serviceOf(env, parseNotifyMode(args) ?? record.sdnotify);
    return service ? { service } : {};
  };
  if (!args.has("attach") && !args.has("interactive"))
    return forEachContainer(directories, args.positionals, async (record, name) => {
      await startContainer(directories, record, { onFailure: "keep", ...serviceFor(record) });
      print(`${name}\n`);
    });
  const [name = "", ...others] = args.positionals;
  if (others.length > 0) throw new CntnrError("usage", "start -a and -i are for one container at a time");
  const record = findContainer(directories, name);
  const stdin = args.has("interactive") && record.stdin;
  checkTerminal({ tty: record.tty, stdin });
  const options = { ...parseAttachFlags(args), stdin, onFailure: "keep", ...serviceFor(record) } as const;
  const end = await startAttached(directories, record, options);
  return end === "left" ? 0 : end;
}
