import { existsSync } from "node:fs";
import { join } from "node:path";
import { type BundleConfig, readBundleConfig } from "../container/bundle-config.ts";
import { readLife } from "../container/container-life.ts";
import { type ContainerRecord, containerPaths } from "../container/container-record.ts";
import { type ContainerState, isActive } from "../container/container-state.ts";
import type { HealthCheck } from "../health/health-check.ts";
import type { HealthState } from "../health/health-state.ts";
import { readHealth } from "../health/health-store.ts";
import { type KeptAttachments, readAttachments } from "../network/kept-attachments.ts";
import type { Directories } from "../store/directories.ts";

/** How a running container is, by its health check; `none`: it has no check. */
export type HealthWord = "none" | "starting" | "healthy" | "unhealthy";

/** A container and what it is doing: plain data, of the moment at which it was asked for. */
export interface Container
  extends Pick<
    ContainerRecord,
    | "id"
    | "name"
    | "image"
    | "imageId"
    | "command"
    | "createdAt"
    | "labels"
    | "network"
    | "mounts"
    | "exposedPorts"
  > {
  readonly state: ContainerState;
  readonly health: HealthWord;
  /** Its networks as they are attached now, with addresses and published ports, in the order of the interfaces. */
  readonly attachments: KeptAttachments;
}

/** All that is known of a container. */
export interface ContainerDetails
  extends Container,
    Pick<
      ContainerRecord,
      | "autoRemove"
      | "tty"
      | "stdin"
      | "stdinOnce"
      | "stopSignal"
      | "stopTimeoutSeconds"
      | "restart"
      | "entrypointWords"
    > {
  readonly healthCheck?: HealthCheck;
  /** The outcome of its checks in its present life. */
  readonly healthReport?: Pick<HealthState, "status" | "failures" | "log">;
  /** How often its restart policy has started it, since somebody did. */
  readonly restarts: number;
  /** RFC 3339; without it, it was never started. */
  readonly lastStartedAt?: string;
  /** Its OCI bundle. */
  readonly bundle: string;
  /** What the bundle says, as far as it is of use to people; not there while it is being made. */
  readonly config?: BundleConfig;
  readonly rootKind: "overlay" | "copy";
  /** The kernel has killed a process of it for lack of memory. */
  readonly wasOutOfMemory: boolean;
}

/** What is known of a container, without what is only for us. Throws CntnrError `corrupt`. */
export function describeContainer(
  directories: Directories,
  record: ContainerRecord,
  state: ContainerState,
): Container {
  const { id, name, image, imageId, command, createdAt, labels, network, mounts, exposedPorts } = record;
  const isAttached = network.kind === "netd" && isActive(state);
  return {
    ...{ id, name, image, imageId, command, createdAt, labels, network, mounts, exposedPorts, state },
    health: record.health ? (readHealth(containerPaths(directories, id))?.status ?? "starting") : "none",
    attachments: isAttached ? (readAttachments(directories, id) ?? []) : [],
  };
}

/** Throws CntnrError `corrupt`. */
export function detailContainer(
  directories: Directories,
  record: ContainerRecord,
  state: ContainerState,
): ContainerDetails {
  const { autoRemove, tty, stdin, stdinOnce, stopSignal, stopTimeoutSeconds, restart } = record;
  const paths = containerPaths(directories, record.id);
  const life = readLife(paths);
  const config = readBundleConfig(directories, record);
  const report = record.health && readHealth(paths);
  return {
    ...describeContainer(directories, record, state),
    ...{ autoRemove, tty, stdin, stdinOnce, stopSignal, stopTimeoutSeconds, restart },
    entrypointWords: record.entrypointWords,
    ...(record.health ? { healthCheck: record.health } : {}),
    ...(report
      ? { healthReport: { status: report.status, failures: report.failures, log: report.log } }
      : {}),
    restarts: life?.restarts ?? 0,
    ...(life ? { lastStartedAt: life.startedAt } : {}),
    bundle: paths.directory,
    ...(config ? { config } : {}),
    rootKind: existsSync(join(paths.directory, "upper")) ? "overlay" : "copy",
    wasOutOfMemory: existsSync(join(paths.directory, "oom")),
  };
}
