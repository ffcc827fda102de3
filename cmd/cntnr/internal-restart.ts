import { isContainerId } from "../../runtime/container/container-id.ts";
import { restartDue } from "../../runtime/container/restart-container.ts";
import { CntnrError } from "../../runtime/errors/cntnr-error.ts";
import type { CommandContext } from "./command.ts";

/** `cntnr internal-restart ID`: what a pending restart waits for. */
export async function internalRestart({ args, directories }: CommandContext): Promise<number> {
  const [id = ""] = args.positionals;
  if (!isContainerId(id)) throw new CntnrError("usage", "internal-restart: not the id of a container");
  await restartDue(directories, id);
  return 0;
}
