import { isContainerId } from "../../runtime/container/container-id.ts";
import { readRecord } from "../../runtime/container/container-record.ts";
import { cleanUpEnded } from "../../runtime/container/settle.ts";
import { CntnrError } from "../../runtime/errors/cntnr-error.ts";
import type { CommandContext } from "./command.ts";

/** `cntnr internal-exited ID`: conmon's exit command. */
export async function internalExited({ args, directories }: CommandContext): Promise<number> {
  const [id = ""] = args.positionals;
  if (!isContainerId(id)) throw new CntnrError("usage", "internal-exited: not the id of a container");
  const record = readRecord(directories, id);
  if (record) await cleanUpEnded(directories, record);
  return 0;
}
