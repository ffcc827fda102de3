import { readFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { type ContainerRecord, containerPaths } from "../container/container-record.ts";
import { readState } from "../container/container-state.ts";
import { CntnrError, messageOf } from "../errors/cntnr-error.ts";
import { readHealth } from "../health/health-store.ts";
import type { Directories } from "../store/directories.ts";
import { sendDatagram } from "../sys/datagram.ts";
import type { Service } from "./service.ts";

const healthPauseMs = 100;

/**
 * Tells the service manager that conmon is the process to watch, and that the container is ready, when it is; or leaves that to the
 * container. Throws CntnrError when the
 * container ends before.
 */
export async function announceService(
  directories: Directories,
  record: ContainerRecord,
  { socket, mode }: Service,
): Promise<void> {
  const supervisor = `MAINPID=${readFileSync(containerPaths(directories, record.id).conmonPid, "utf8").trim()}\n`;
  if (mode === "healthy") {
    tell(socket, `${supervisor}STATUS=waiting for the container's health\n`);
    await waitForHealth(directories, record);
  }
  const isReady = mode === "container" ? "" : "READY=1\nSTATUS=the container runs\n";
  tell(socket, `${supervisor}${isReady}`);
}

async function waitForHealth(directories: Directories, record: ContainerRecord): Promise<void> {
  if (!record.health)
    throw new CntnrError("usage", `--sdnotify healthy: container ${record.name} has no health check`);
  while (readHealth(containerPaths(directories, record.id))?.status !== "healthy") {
    const { kind } = readState(directories, record);
    if (kind !== "running" && kind !== "paused")
      throw new CntnrError("conflict", `container ${record.name} has ended before it was healthy`);
    await delay(healthPauseMs);
  }
}

function tell(socket: string, text: string): void {
  try {
    sendDatagram(socket, text);
  } catch (error) {
    throw new CntnrError("engine", `the service manager cannot be told (${socket}): ${messageOf(error)}`, {
      cause: error,
    });
  }
}
