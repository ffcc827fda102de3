import { statSync } from "node:fs";
import type { ContainerOptions } from "../container/container-options.ts";
import type { CreateRequest } from "../container/create-container.ts";
import { parseSignal } from "../container/signal-name.ts";
import { CntnrError } from "../errors/cntnr-error.ts";

/** A container to be made: an image, and what is to be different from what that says. */
export interface ContainerRequest
  extends Partial<ContainerOptions>,
    Partial<Omit<CreateRequest, "image" | "options">> {
  /** Name in the store or in a registry, an id or its start, or `oci:DIRECTORY[:TAG]`, `docker-archive:FILE` and the like. */
  readonly image: string;
}

const usualStopTimeoutSeconds = 10;

/** A request with everything that it leaves out: docker's defaults, on the host's network. Throws CntnrError `usage` and `not-found`. */
export function completeRequest(request: ContainerRequest): CreateRequest {
  const { image, name, cidFile, tlsVerify, platform, createWords, runtime, log, exposedPorts, ...rest } =
    request;
  const { autoRemove, pull, runtimeFlags, restart, stopTimeoutSeconds, health, sdnotify, ...options } = rest;
  check(request);
  return {
    image,
    ...(name === undefined ? {} : { name }),
    ...(cidFile === undefined ? {} : { cidFile }),
    ...(tlsVerify === undefined ? {} : { tlsVerify }),
    ...(platform === undefined ? {} : { platform }),
    ...(createWords === undefined ? {} : { createWords }),
    ...(runtime === undefined ? {} : { runtime }),
    autoRemove: autoRemove ?? false,
    pull: pull ?? "missing",
    log: log ?? { kind: "file" },
    exposedPorts: exposedPorts ?? [],
    runtimeFlags: runtimeFlags ?? [],
    restart: restart ?? { policy: "no", maximumRetries: 0 },
    stopTimeoutSeconds: stopTimeoutSeconds ?? usualStopTimeoutSeconds,
    health: health ?? { isOff: false },
    sdnotify: sdnotify ?? "ignore",
    options: { ...defaults, ...options },
  };
}

const defaults: ContainerOptions = {
  command: [],
  env: [],
  tty: false,
  stdin: false,
  readOnly: false,
  mounts: [],
  capAdd: [],
  capDrop: [],
  network: { kind: "host" },
  labels: {},
};

function check({ image, workingDir, stopSignal, restart, autoRemove, mounts = [] }: ContainerRequest): void {
  if (image === "") throw new CntnrError("usage", "the image's name is empty");
  if (stopSignal !== undefined) parseSignal(stopSignal);
  if (workingDir !== undefined && !workingDir.startsWith("/"))
    throw new CntnrError("usage", `workingDir ${workingDir}: the working directory is not absolute`);
  if (autoRemove && restart && restart.policy !== "no")
    throw new CntnrError(
      "usage",
      "restart and autoRemove cannot go together: what is removed is not started again",
    );
  for (const mount of mounts) {
    if (!mount.destination.startsWith("/"))
      throw new CntnrError(
        "usage",
        `mount "${mount.destination}": the place in the container is not absolute`,
      );
    if (mount.kind !== "bind") continue;
    if (!mount.source.startsWith("/"))
      throw new CntnrError("usage", `mount "${mount.source}": the place on the host is not absolute`);
    if (!statSync(mount.source, { throwIfNoEntry: false }))
      throw new CntnrError("not-found", `mount ${mount.source}: there is no such file or directory`);
  }
}
