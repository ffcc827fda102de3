import { readFileSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { containerToJoin, type JoinedContainer, withJoinedProcess } from "../bundle/namespaces.ts";
import { CntnrError, hasErrno } from "../errors/cntnr-error.ts";
import type { Directories } from "../store/directories.ts";
import { replaceFile } from "../store/replace-file.ts";
import type { ContainerOptions } from "./container-options.ts";
import { type ContainerRecord, containerPaths } from "./container-record.ts";
import { readFacts } from "./container-state.ts";
import { findContainer } from "./container-store.ts";

/** The running container whose namespaces the options ask for; undefined for none. Throws CntnrError. */
export function findJoinedContainer(
  directories: Directories,
  options: ContainerOptions,
): (JoinedContainer & { readonly record: ContainerRecord }) | undefined {
  const name = containerToJoin(options);
  return name === undefined ? undefined : findRunning(directories, name);
}

/**
 * What a container of the given options gets: what another one has of the host is the host's, and nothing has to be joined for it (nobody may
 * join the host's namespaces through a user namespace of his own). Throws CntnrError.
 */
export function withHostsOfJoined(directories: Directories, asked: ContainerOptions): ContainerOptions {
  const host = { kind: "host" } as const;
  const { network } = asked;
  const isOnHostsNetwork =
    network.kind === "container" &&
    findRunning(directories, network.container).record.network.kind === "host";
  const options = isOnHostsNetwork ? { ...asked, network: host } : asked;
  const joined = findJoinedContainer(directories, options);
  const isHosts = (type: "pid" | "ipc" | "uts") =>
    options[type]?.kind === "container" && joined !== undefined && sharesOurs(joined.pid, type);
  return {
    ...options,
    ...(isHosts("pid") ? { pid: host } : {}),
    ...(isHosts("ipc") ? { ipc: host } : {}),
    ...(isHosts("uts") ? { uts: host } : {}),
  };
}

/** Whether a process is in our own namespace of that kind. */
function sharesOurs(pid: number, type: string): boolean {
  try {
    return readlinkSync(`/proc/${pid}/ns/${type}`) === readlinkSync(`/proc/self/ns/${type}`);
  } catch (error) {
    if (hasErrno(error, "ENOENT", "EACCES", "EPERM", "ESRCH")) return false;
    throw error;
  }
}

function findRunning(
  directories: Directories,
  name: string,
): JoinedContainer & { readonly record: ContainerRecord } {
  const record = findContainer(directories, name);
  const { init } = readFacts(directories, record);
  if (!init)
    throw new CntnrError(
      "conflict",
      `container ${record.name} does not run, so it has no namespaces to share`,
    );
  const { directory } = containerPaths(directories, record.id);
  return { id: record.id, pid: init.pid, directory, record };
}

/** The first process of a container that another one joins. Throws CntnrError `conflict` when it does not run. */
export function runningInitOf(directories: Directories, name: string): number {
  return findRunning(directories, name).pid;
}

/** The namespaces that the container joins are those of this process, from now on. */
export function joinProcess(directories: Directories, record: ContainerRecord, pid: number): void {
  const path = join(containerPaths(directories, record.id).directory, "config.json");
  replaceFile(directories, path, withJoinedProcess(readFileSync(path, "utf8"), pid));
}
