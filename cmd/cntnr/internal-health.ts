import { superviseHealth } from "../../runtime/health/supervisor.ts";
import { inheritLock } from "../../runtime/health/supervisor-lock.ts";
import type { CommandContext } from "./command.ts";

/** The lock's descriptor in a process that a sleeping shell has become. */
const lockDescriptor = 3;

/** `cntnr internal-health`: the supervisor of health checks. Not for people. */
export async function internalHealth({ args, directories }: CommandContext): Promise<number> {
  const lock = args.has("inherited") ? inheritLock(directories, lockDescriptor) : undefined;
  await superviseHealth(directories, lock);
  return 0;
}
