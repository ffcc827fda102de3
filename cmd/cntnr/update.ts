import { parseRestartPolicy } from "../../runtime/container/restart-policy.ts";
import { updateContainer } from "../../runtime/container/update-container.ts";
import { CntnrError } from "../../runtime/errors/cntnr-error.ts";
import { print } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { forEachContainer } from "./each-container.ts";
import { parseStopTimeout } from "./run-request.ts";

/** `cntnr update` */
export function update({ args, directories }: CommandContext): Promise<number> {
  const [restart, stopTimeout] = [args.value("restart"), args.value("stop-timeout")];
  if (restart === undefined && stopTimeout === undefined)
    throw new CntnrError("usage", "update: nothing to change: give --restart or --stop-timeout");
  const changes = {
    ...(restart === undefined ? {} : { restart: parseRestartPolicy(restart) }),
    ...(stopTimeout === undefined ? {} : { stopTimeoutSeconds: parseStopTimeout(stopTimeout) }),
  };
  return forEachContainer(directories, args.positionals, async (record, name) => {
    await updateContainer(directories, record, changes);
    print(`${name}\n`);
  });
}
