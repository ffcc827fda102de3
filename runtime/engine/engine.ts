import { type EngineEvent, type ReadEventsOptions, readEvents } from "../events/event-log.ts";
import { Bundles } from "./bundles.ts";
import { Containers } from "./containers.ts";
import { EngineContext, type EngineOptions } from "./context.ts";
import { Images } from "./images.ts";
import { Networks } from "./networks.ts";
import { Registries } from "./registries.ts";
import { System } from "./system.ts";
import { withTypedErrors } from "./typed-errors.ts";
import { Volumes } from "./volumes.ts";

/**
 * The engine as a library: what `cntnr` does, for programs. There is no daemon and nothing to be closed: an engine is a view of this user's
 * directories, which any number of programs may have at the same time, the command line included.
 *
 * Nothing is printed and no process is ended. What fails throws {@link CntnrError}, with a `code` for programs and a message for people; what
 * is aborted throws the reason of its signal. Modules are loaded when they are used.
 */
export class Engine {
  readonly images: Images;
  readonly containers: Containers;
  readonly bundles: Bundles;
  readonly volumes: Volumes;
  readonly networks: Networks;
  readonly registries: Registries;
  readonly system: System;
  readonly #context: EngineContext;

  constructor(options: EngineOptions) {
    const context = new EngineContext(options);
    this.#context = context;
    this.images = withTypedErrors(new Images(context));
    this.containers = withTypedErrors(new Containers(context));
    this.bundles = withTypedErrors(new Bundles(context));
    this.volumes = withTypedErrors(new Volumes(context));
    this.networks = withTypedErrors(new Networks(context));
    this.registries = withTypedErrors(new Registries(context));
    this.system = withTypedErrors(new System(context));
  }

  /** Where everything is kept: found, and made if need be, when it is first asked for. Throws CntnrError. */
  get directories(): EngineContext["directories"] {
    return this.#context.directories;
  }

  /**
   * What happens, from this call on or from `sinceMs`, and until `untilMs` (both in milliseconds since 1970) or the signal: then the iteration
   * ends. Each event is told once, also those of other programs.
   */
  events({ signal, ...options }: ReadEventsOptions = {}): AsyncGenerator<EngineEvent> {
    const signals = this.#context.signals(signal ? { signal } : {});
    const source = { read: () => readEvents(this.#context.directories, { ...options, ...signals }) };
    return withTypedErrors(source).read();
  }
}

/** Opens this user's engine, in the same directories as the command line's unless the options name others. */
export function openEngine(options: EngineOptions = {}): Engine {
  return new Engine(options);
}

export type { AttachedStreams } from "../attach/attach-streams.ts";
export type { BuildOutput } from "../build/build-request.ts";
export type { BuildProgress } from "../build/progress.ts";
export type { ContainerId } from "../container/container-id.ts";
export type { LogEntry, ReadLogOptions } from "../container/container-log.ts";
export type { ContainerOptions, MountRequest, NetworkMode } from "../container/container-options.ts";
export type { ContainerState } from "../container/container-state.ts";
export type { RunResult } from "../container/run-container.ts";
export type { Diagnosis } from "../doctor/diagnose.ts";
export { CntnrError, type ErrorCode } from "../errors/cntnr-error.ts";
export type { EngineEvent, ReadEventsOptions } from "../events/event-log.ts";
export type { ImageDetails } from "../image/image-details.ts";
export type { DiffId, Digest, LocalImage } from "../image/local-image.ts";
export type { PullProgress } from "../image/progress.ts";
export type { BundleResult } from "../named-bundle/create-bundle.ts";
export type { NetworkRequest, PortMapping, RequestedPort } from "../network/network-request.ts";
export type { GrantedNetwork } from "../network/networks.ts";
export type { UsageSample } from "../usage/measure-usage.ts";
export { cpuPercent } from "../usage/usage.ts";
export type { Bundle, BundleOptions } from "./bundles.ts";
export type { Container, ContainerDetails } from "./container.ts";
export type { ContainerRequest } from "./container-request.ts";
export type { AttachEnd, CapturedEnd, CopyEnd, CopyOptions, ExecOptions } from "./container-work.ts";
export type { MadeContainer, StartOptions, StopOptions } from "./containers.ts";
export type { CreateOptions, EngineOptions, WaitOptions } from "./context.ts";
export type { DiskUsage, Room } from "./disk-usage.ts";
export type { Build, BuildFromContext, BuildFromSteps, BuildOptions } from "./image-builds.ts";
export type { ListedImage, PrunedImages, PullOptions, PushOptions } from "./images.ts";
export type { SystemPruned, SystemPruneOptions } from "./prune-system.ts";
export type { Credentials } from "./registries.ts";
export type { GivenStreams, Input, OwnStreams, Streams } from "./streams.ts";
export type { EngineInfo } from "./system.ts";
export type { SystemdUnitOptions } from "./systemd-unit.ts";
export type { Volume, VolumeOptions } from "./volumes.ts";
