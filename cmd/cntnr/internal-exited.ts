import { isContainerId } from "../../runtime/container/container-id.ts";
import { cleanUpEnded } from "../../runtime/container/settle.ts";
import { CntnrError } from "../../runtime/errors/cntnr-error.ts";
import type { CommandContext } from "./command.ts";

/** `cntnr internal-exited ID LIFE`: conmon's exit command. */
export async function internalExited({ args, directories }: CommandContext): Promise<number> {
  const [id = "", life = ""] = args.positionals;
  if (!isContainerId(id)) throw new CntnrError("usage", "internal-exited: not the id of a container");
  // conmon's is the container's, which may be removed now.
  process.chdir("/");
  await cleanUpEnded(directories, id, Number(life));
  return 0;
}
