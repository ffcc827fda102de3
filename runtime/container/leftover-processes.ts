import { setTimeout as delay } from "node:timers/promises";
import { CntnrError } from "../errors/cntnr-error.ts";
import { openPidfd } from "../sys/pidfd.ts";
import { readOfProcess } from "../sys/read-text.ts";
import { sendSignal } from "../sys/send-signal.ts";
import type { ContainerId } from "./container-id.ts";
import { type ContainerProcess, listProcesses, readAllProcesses } from "./container-processes.ts";
import { isAlive } from "./process-identity.ts";

const kill = 9; // SIGKILL
const pauseMs = 10;
const patienceMs = 10_000;

/**
 * Kills what a container has left running whose first process has ended. With a pid namespace of its own the kernel does that; without, the
 * runtime does it by the container's cgroup, which users' containers seldom have. Throws CntnrError `timeout` when some do not end.
 */
export async function endLeftovers(id: ContainerId): Promise<void> {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const left = findLeftovers(id);
    if (left.length === 0) return;
    if (performance.now() > deadline)
      throw new CntnrError(
        "timeout",
        `processes of container ${id.slice(0, 12)} do not end: ${left.map(({ pid }) => pid).join(", ")}`,
      );
    for (const process of left) killIfStill(process);
    await delay(pauseMs);
  }
}

/** Those whose root is the container's, and all that are to be reckoned among its processes with them. */
function findLeftovers(id: ContainerId): ContainerProcess[] {
  const left = new Map<number, ContainerProcess>();
  for (const { pid } of readAllProcesses())
    if (!left.has(pid) && hasRootOf(id, pid))
      for (const member of listProcesses(pid, "mnt")) left.set(member.pid, member);
  return [...left.values()];
}

function killIfStill(process: ContainerProcess): void {
  try {
    using pidfd = openPidfd(process.pid);
    // Looked at after it was opened: the number may have been another's by then.
    if (isAlive(process)) sendSignal(pidfd.fd, kill);
  } catch (error) {
    // Gone by itself.
    if (!(error instanceof CntnrError)) throw error;
  }
}

/** Whether the root file system of a process, as the mounts that it sees say (proc(5), mountinfo), is in the container's bundle. */
function hasRootOf(id: ContainerId, pid: number): boolean {
  const root = /^(?:\S+ ){4}\/ .*$/m.exec(readOfProcess(`/proc/${pid}/mountinfo`) ?? "")?.[0] ?? "";
  return root.includes(`/containers/${id}/`);
}
