import { parseChangedResources } from "../../runtime/container/resource-flags.ts";
import { parseRestartPolicy } from "../../runtime/container/restart-policy.ts";
import { CntnrError } from "../../runtime/errors/cntnr-error.ts";
import { print } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { forEachName } from "./each-name.ts";
import { engineOf } from "./engine-of.ts";
import { resourceWords } from "./isolation-options.ts";
import { parseStopTimeout } from "./run-request.ts";

/** `cntnr update` */
export function update(context: CommandContext): Promise<number> {
  const { args } = context;
  const engine = engineOf(context);
  const [restart, stopTimeout] = [args.value("restart"), args.value("stop-timeout")];
  const limits = parseChangedResources(resourceWords(args));
  if (restart === undefined && stopTimeout === undefined && !limits)
    throw new CntnrError("usage", "update: nothing to change: give --restart, --stop-timeout or a limit");
  const changes = {
    ...(restart === undefined ? {} : { restart: parseRestartPolicy(restart) }),
    ...(stopTimeout === undefined ? {} : { stopTimeoutSeconds: parseStopTimeout(stopTimeout) }),
    ...(limits ? { limits } : {}),
  };
  return forEachName(args.positionals, async (name) => {
    await engine.containers.update(name, changes);
    print(`${name}\n`);
  });
}
