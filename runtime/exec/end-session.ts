import { setTimeout as delay } from "node:timers/promises";
import { hasErrno } from "../errors/cntnr-error.ts";
import { readIfThere } from "../sys/read-text.ts";
import type { ExecSession } from "./exec-session.ts";

const pauseMs = 10;
/** How long the end may take after the command was killed: something may have kept its output open. */
const lastWordsMs = 2000;

/**
 * Kills the command of a session, and what it has started in its process group, also if it is just about to be started.
 * @param ended settled when the command has ended, by whoever waits for it
 */
export async function endSession(session: ExecSession, ended: Promise<unknown>): Promise<void> {
  let isEnded = false;
  const end = ended.finally(() => {
    isEnded = true;
  });
  end.catch(() => {
    // Whoever waits for the command hears it.
  });
  while (!isEnded && !killGroup(session)) await delay(pauseMs);
  await Promise.race([end.catch(() => undefined), delay(lastWordsMs)]);
}

/**
 * False when the command has not been started yet. The runtime gives each command a session of its own, so that its group is no other's;
 * while somebody waits for it, its number cannot be another's either.
 */
function killGroup({ pidFile }: ExecSession): boolean {
  const pid = Number.parseInt(readIfThere(pidFile) ?? "", 10);
  if (!(pid > 1)) return false;
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    if (!hasErrno(error, "ESRCH")) throw error;
  }
  return true;
}
