import { closeSync, fstatSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isAlive, ownIdentity, type ProcessIdentity } from "../container/process-identity.ts";
import { hasErrno } from "../errors/cntnr-error.ts";
import { ownProgram } from "../process/own-program.ts";
import type { Directories } from "../store/directories.ts";
import { type FileLock, tryLockFile } from "../sys/file-lock.ts";
import { duplicate } from "../sys/pipe.ts";
import { readIfThere } from "../sys/read-text.ts";

/** Not SIGUSR1, which JavaScript engines have a use of their own for. */
export const wakeSignal = "SIGUSR2";

function lockPath({ data }: Directories): string {
  return join(data, "health.lock");
}

function pidPath({ data }: Directories): string {
  return join(data, "health.pid");
}

/** The right to be the supervisor; undefined when there is one. */
export function tryBecomeSupervisor(directories: Directories): FileLock | undefined {
  return tryLockFile(lockPath(directories), "exclusive");
}

/** Takes over the lock of a shell that has slept for the supervisor. Undefined when the descriptor is something else. */
export function inheritLock(directories: Directories, fd: number): FileLock | undefined {
  const [held, named] = [fstatSync(fd), statSync(lockPath(directories), { throwIfNoEntry: false })];
  if (held.ino !== named?.ino || held.dev !== named.dev) return undefined;
  // What it starts must not hold it, too: a container would keep it for ever.
  const own = duplicate(fd);
  closeSync(fd);
  return { fd: own, [Symbol.dispose]: () => closeSync(own) };
}

/** Notes which process is to be woken up. */
export function noteSupervisor(directories: Directories, identity: ProcessIdentity = ownIdentity()): void {
  writeFileSync(pidPath(directories), `${identity.pid} ${identity.startTime}`);
}

/**
 * Sees to it that the supervisor looks at all containers now: it is woken up, or, when there is none, started. Whoever starts a
 * container that has a check calls it.
 */
export function wakeSupervisor(directories: Directories): void {
  if (ensureSupervisor(directories) === "there") alertSupervisor(directories);
}

/** Has the supervisor, if there is one, look at all containers now: one that it would wake up for has ended. */
export function alertSupervisor(directories: Directories): void {
  const identity = readSupervisor(directories);
  if (!identity || !isAlive(identity)) return;
  try {
    process.kill(identity.pid, wakeSignal);
  } catch (error) {
    if (!hasErrno(error, "ESRCH")) throw error;
  }
}

/** Starts a supervisor when there is none: it may have been killed. */
export function ensureSupervisor(directories: Directories): "started" | "there" {
  const lock = tryBecomeSupervisor(directories);
  if (!lock) return "there";
  // Of those that are started at once the first gets it.
  lock[Symbol.dispose]();
  startSupervisor(directories);
  return "started";
}

function readSupervisor(directories: Directories): ProcessIdentity | undefined {
  const text = readIfThere(pidPath(directories));
  if (text === undefined) return undefined;
  const [pid = 0, startTime = 0] = text.split(" ").map(Number);
  return { pid, startTime };
}

export function supervisorCommand(directories: Directories): readonly [string, ...string[]] {
  const words = ["--store-dir", directories.data, "--state-dir", directories.run, "internal-health"];
  return [...ownProgram(), ...words];
}

function startSupervisor(directories: Directories): void {
  const child = Bun.spawn([...supervisorCommand(directories)], {
    stdio: ["ignore", "ignore", "ignore"],
    detached: true,
  });
  child.unref();
}
