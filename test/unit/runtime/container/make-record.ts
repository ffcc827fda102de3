import { newContainerId } from "../../../../runtime/container/container-id.ts";
import type { ContainerRecord } from "../../../../runtime/container/container-record.ts";
import { currentBootId, ownIdentity } from "../../../../runtime/container/process-identity.ts";

/** The record of a container that this process has just begun to make. */
export function makeRecord(changes: Partial<ContainerRecord> = {}): ContainerRecord {
  return {
    version: 1,
    id: newContainerId(),
    name: "web",
    image: "image",
    imageId: "sha256:0",
    command: ["true"],
    entrypointWords: 0,
    createdAt: new Date().toISOString(),
    bootId: currentBootId(),
    creator: ownIdentity(),
    madeBy: "run",
    autoRemove: false,
    tty: false,
    stdin: false,
    stdinOnce: false,
    stopSignal: "SIGTERM",
    stopTimeoutSeconds: 10,
    restart: { policy: "no", maximumRetries: 0 },
    sdnotify: "ignore",
    log: { kind: "file" },
    exposedPorts: [],
    createWords: [],
    sharesProcesses: false,
    labels: {},
    mounts: [],
    runtimeFlags: [],
    network: { kind: "host" },
    layers: ["/l/abc"],
    ...changes,
  };
}
