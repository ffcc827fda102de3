import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { OciProcess } from "../bundle/oci-config.ts";
import { type ContainerId, shortId } from "../container/container-id.ts";
import { isMakerAlive, ownMark, readArguments } from "../container/process-identity.ts";
import { hasErrno } from "../errors/cntnr-error.ts";
import type { Directories } from "../store/directories.ts";
import { randomHex } from "../sys/random.ts";

/** The files of one command that runs in a container beside its own. They die with the boot. */
export interface ExecSession {
  readonly id: string;
  /** The container's first process. */
  readonly containerPid: number;
  readonly directory: string;
  readonly processFile: string;
  readonly runcLog: string;
  readonly pidFile: string;
  readonly conmonPid: string;
  readonly attachSocket: string;
  readonly terminalControl: string;
}

export function openSession(
  directories: Directories,
  containerId: ContainerId,
  containerPid: number,
  process: OciProcess,
): ExecSession {
  const id = [shortId(containerId), ownMark(), randomHex(4)].join("-");
  const directory = join(directories.execs, id);
  mkdirSync(directory, { mode: 0o700 });
  const session: ExecSession = {
    id,
    containerPid,
    directory,
    processFile: join(directory, "process.json"),
    runcLog: join(directory, "runc.log"),
    pidFile: join(directory, "pid"),
    conmonPid: join(directory, "conmon.pid"),
    attachSocket: join(directory, "attach"),
    terminalControl: join(directory, "ctl"),
  };
  writeFileSync(session.processFile, JSON.stringify(process), { mode: 0o600 });
  return session;
}

export function closeSession({ directory }: ExecSession): void {
  rmSync(directory, { recursive: true, force: true });
}

/** Removes the files of sessions whose cntnr and conmon were killed; the name of a session says whose it is. */
export function removeStaleSessions(directories: Directories): void {
  for (const id of readdirSync(directories.execs)) {
    const directory = join(directories.execs, id);
    if (isMakerAlive(id.split("-").slice(1, 3).join("-")) || isConmonAlive(directory, id)) continue;
    rmSync(directory, { recursive: true, force: true });
  }
}

function isConmonAlive(directory: string, id: string): boolean {
  try {
    const pid = Number(readFileSync(join(directory, "conmon.pid"), "utf8"));
    return pid > 0 && readArguments(pid).includes(id);
  } catch (error) {
    if (hasErrno(error, "ENOENT")) return false;
    throw error;
  }
}
