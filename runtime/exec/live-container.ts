import { closeSync, constants, readFileSync } from "node:fs";
import * as v from "valibot";
import { type ContainerUser, planUser, type UserWish } from "../bundle/container-user.ts";
import type { OciProcess } from "../bundle/oci-config.ts";
import { refuseProc } from "../bundle/process-plan.ts";
import { type ContainerRecord, containerPaths } from "../container/container-record.ts";
import { readState } from "../container/container-state.ts";
import { mappingsOf } from "../container/user-namespace.ts";
import { CntnrError, hasErrno, messageOf } from "../errors/cntnr-error.ts";
import type { Directories } from "../store/directories.ts";
import { fileSystemType } from "../sys/file-system-type.ts";
import { openInRoot } from "../sys/open-in-root.ts";

/** The process id of a container's first process. Throws CntnrError `conflict`, in docker's words. */
export function runningPid(directories: Directories, record: ContainerRecord): number {
  const state = readState(directories, record);
  if (state.kind === "running") return state.pid;
  if (state.kind === "paused")
    throw new CntnrError(
      "conflict",
      `container ${record.name} is paused: \`cntnr unpause ${record.name}\` lets it go on`,
    );
  throw new CntnrError("conflict", `container ${record.name} is not running`);
}

/** The root directory of a process, as the process sees it, with all that is mounted. */
export function rootOf(pid: number): string {
  return `/proc/${pid}/root`;
}

const capabilities = v.object({
  bounding: v.array(v.string()),
  effective: v.array(v.string()),
  permitted: v.array(v.string()),
});
const configSchema = v.looseObject({
  process: v.looseObject({
    user: v.looseObject({ uid: v.number(), gid: v.number() }),
    args: v.array(v.string()),
    env: v.optional(v.array(v.string()), []),
    cwd: v.string(),
    capabilities: v.optional(v.looseObject(capabilities.entries)),
  }),
});

/** What the container's own process is, as its bundle says. Throws CntnrError `corrupt`. */
export function readProcess(directories: Directories, record: ContainerRecord): OciProcess {
  const { config } = containerPaths(directories, record.id);
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(config, "utf8"));
  } catch (error) {
    throw new CntnrError(
      "corrupt",
      `${config} is missing or damaged: what container ${record.name} runs with is not known any more (${messageOf(error)})`,
      { cause: error },
    );
  }
  const result = v.safeParse(configSchema, value);
  if (!result.success) throw new CntnrError("corrupt", `${config}: ${result.issues[0].message}`);
  // Written by us, or by who has changed it since: what is beyond the parts above is passed on to the runtime as it is.
  return result.output.process as unknown as OciProcess;
}

/**
 * A user as the running container knows him; its account files may be links, which lead nowhere else. Throws CntnrError, with docker's
 * exit code 126 for one that it does not know.
 */
export function findLiveUser(
  pid: number,
  text: string,
  record: Pick<ContainerRecord, "addedGroups" | "keptIds">,
): ContainerUser {
  const wish: UserWish = { text, from: "flag" };
  const files = { passwd: readText(pid, "/etc/passwd"), group: readText(pid, "/etc/group") };
  const { addedGroups } = record;
  try {
    const isRoot = process.geteuid?.() === 0;
    return planUser(wish, files, { mappings: mappingsOf(record), addedGroups, isRoot }).user;
  } catch (error) {
    if (!(error instanceof CntnrError) || error.code !== "not-found") throw error;
    throw new CntnrError("command-not-executable", error.message, { cause: error });
  }
}

const largestFileBytes = 4 * 1024 * 1024;

function readText(pid: number, path: string): string {
  let fd: number;
  try {
    // A fifo would have us wait for whoever writes to it.
    fd = openInRoot(rootOf(pid), path, constants.O_NONBLOCK);
  } catch (error) {
    if (hasErrno(error, "ENOENT", "ENOTDIR", "ELOOP", "EACCES")) return "";
    throw error;
  }
  try {
    const text = readFileSync(fd);
    return text.length > largestFileBytes ? "" : text.toString("utf8");
  } catch (error) {
    if (hasErrno(error, "EAGAIN", "EISDIR", "EINVAL")) return "";
    throw error;
  } finally {
    closeSync(fd);
  }
}

/**
 * B2: refuses a working directory that a link of the container's leads into /proc, where the runtime would find descriptors of its
 * own. What we cannot open is refused, too: it may be there for the runtime alone. Throws CntnrError, docker's exit code 126.
 */
export function checkLiveDirectory(pid: number, path: string): void {
  let fd: number;
  try {
    fd = openInRoot(rootOf(pid), path, constants.O_DIRECTORY | constants.O_NONBLOCK);
  } catch (error) {
    const isLoop = hasErrno(error, "ELOOP");
    if (!isLoop && !hasErrno(error, "ENOENT", "ENOTDIR", "EACCES")) throw error;
    const reason = isLoop
      ? "links lead to nowhere or into /proc"
      : "there is no such directory in the container";
    throw new CntnrError("command-not-executable", `-w ${path}: ${reason}`, { cause: error });
  }
  try {
    if (fileSystemType(fd) === "proc") refuseProc("/proc", path);
  } finally {
    closeSync(fd);
  }
}
