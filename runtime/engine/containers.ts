import { checkTerminal } from "../container/check-terminal.ts";
import type { ContainerId } from "../container/container-id.ts";
import { findId } from "../container/container-store.ts";
import { removeVolumesOf } from "../container/container-volumes.ts";
import type { PrunedContainer } from "../container/prune-containers.ts";
import type { RunResult } from "../container/run-container.ts";
import { parseSignal } from "../container/signal-name.ts";
import type { ContainerChanges } from "../container/update-container.ts";
import { CntnrError } from "../errors/cntnr-error.ts";
import { type NotifyMode, serviceOf } from "../systemd/service.ts";
import type { Container, ContainerDetails } from "./container.ts";
import { type ContainerRequest, completeRequest } from "./container-request.ts";
import { type AttachEnd, type CapturedEnd, ContainerWork, endOf } from "./container-work.ts";
import type { CreateOptions, WaitOptions } from "./context.ts";
import type { RunOptions } from "./run-container.ts";
import { attachOptionsOf, CapturedStreams, type Input, type Streams } from "./streams.ts";
import type { SystemdUnitOptions } from "./systemd-unit.ts";

export interface StopOptions extends WaitOptions {
  /** After so many seconds it is killed; negative: never. Default: what the container says. */
  readonly timeoutSeconds?: number;
  /** SIGTERM, TERM, 15. Default: what the container says. */
  readonly stopSignal?: string;
}

export interface StartOptions extends WaitOptions {
  /** When a service manager that has started this process is told that all is well. Default: what the container says. */
  readonly sdnotify?: NotifyMode;
}

/** What was made. */
export interface MadeContainer {
  readonly id: ContainerId;
  readonly name: string;
}

/** Containers: their lives here, what is done in them in {@link ContainerWork}. All methods throw CntnrError. */
export class Containers extends ContainerWork {
  /**
   * All containers, also those that have ended, the newest first, after cleaning up what killed processes have left of them. One that is
   * damaged does not hide the others.
   */
  async list(): Promise<{
    readonly containers: readonly Container[];
    readonly damaged: readonly CntnrError[];
  }> {
    const [{ sweep }, { describeContainer }] = await Promise.all([
      import("../container/sweep.ts"),
      import("./container.ts"),
    ]);
    const { directories } = this.context;
    const { containers, damaged } = await sweep(directories);
    return {
      containers: containers.map(({ record, state }) => describeContainer(directories, record, state)),
      damaged,
    };
  }

  /** All that is known of one container. Throws CntnrError `not-found`, `conflict`, `corrupt`. */
  async inspect(container: string): Promise<ContainerDetails> {
    const [{ settle }, { detailContainer }] = await Promise.all([
      import("../container/settle.ts"),
      import("./container.ts"),
    ]);
    const record = await this.find(container);
    const state = await settle(this.context.directories, record);
    if (state.kind === "removed")
      throw new CntnrError("not-found", `container ${container} has just been removed`);
    return detailContainer(this.context.directories, record, state);
  }

  /** Makes a container that is not started; pulls its image if need be. Fails or aborted, nothing of it is left. */
  async create(request: ContainerRequest, options: CreateOptions = {}): Promise<MadeContainer> {
    const { createContainer } = await import("../container/create-container.ts");
    const complete = completeRequest(request);
    const made = { madeBy: "create", stdinOnce: complete.options.stdin } as const;
    const surroundings = this.context.surroundings(options);
    const { id, name } = await createContainer(this.context.directories, complete, surroundings, made);
    return { id, name };
  }

  /**
   * Makes a container and runs it to its end; keeps all that it prints in memory. Fails or aborted, nothing of it is left: it is
   * killed and removed. Otherwise it stays, with its log, unless `autoRemove` is true.
   * @param options.input what it reads; without it nothing
   */
  async run(
    request: ContainerRequest,
    { input, ...options }: CreateOptions & { readonly input?: Input } = {},
  ): Promise<CapturedEnd> {
    const streams = new CapturedStreams(input);
    const end = await this.runAttached(request, streams, options);
    return { exitCode: end.kind === "ended" ? end.exitCode : 0, ...streams.captured };
  }

  /**
   * The same on streams of the caller's. This process's own streams are handed to the container as they are, where that can be: it is
   * the fastest way, and it can be aborted only until the container runs.
   */
  async runAttached(
    request: ContainerRequest,
    streams: Streams,
    options: RunOptions = {},
  ): Promise<RunResult> {
    const { runAttached } = await import("./run-container.ts");
    return runAttached(this.context, request, streams, options);
  }

  /** Makes a container and starts it in the background. Fails or aborted, nothing of it is left, unless `unstarted` says so. */
  async runDetached(
    request: ContainerRequest,
    options: RunOptions = {},
  ): Promise<{ readonly id: ContainerId }> {
    const { runDetached } = await import("./run-container.ts");
    return runDetached(this.context, request, options);
  }

  /** Starts a container that does not run, in the background. One that cannot be started is as if it had ended with 125 to 127. */
  async start(container: string, options: StartOptions = {}): Promise<void> {
    const { startContainer } = await import("../container/start-container.ts");
    const { signal } = this.context.waiting(options);
    const record = await this.find(container);
    await startContainer(this.context.directories, record, {
      onCreated: () => signal?.throwIfAborted(),
      ...(await this.#serviceFor(options.sdnotify ?? record.sdnotify)),
    });
  }

  /** Starts a container with streams attached to it until it has ended. Aborted, it leaves, and a container that runs goes on. */
  async startAttached(container: string, streams: Streams, options: StartOptions = {}): Promise<AttachEnd> {
    const { startAttached } = await import("../container/attached-container.ts");
    const record = await this.find(container);
    const attachment = attachOptionsOf(streams);
    const stdin = attachment.stdin && record.stdin;
    if (streams.kind === "own") checkTerminal({ tty: record.tty, stdin });
    const end = await startAttached(this.context.directories, record, {
      ...attachment,
      stdin,
      ...(await this.#serviceFor(options.sdnotify ?? record.sdnotify)),
      ...this.context.waiting(options),
    });
    return endOf(end);
  }

  async #serviceFor(mode: NotifyMode) {
    const service = serviceOf(this.context.env, mode);
    return service ? { service } : {};
  }

  /** Asks a container to end, kills it when its time is over, and waits until it is cleaned up. Nothing happens to one that does not run. */
  async stop(container: string, options: StopOptions = {}): Promise<void> {
    const { stopContainer } = await import("../container/end-container.ts");
    const record = await this.find(container);
    await stopContainer(this.context.directories, record, await this.#stopOptions(options, record));
  }

  /** Stops a container as {@link stop} does, if it runs, and starts it. */
  async restart(container: string, options: StopOptions = {}): Promise<void> {
    const { restartContainer } = await import("../container/restart-container.ts");
    const record = await this.find(container);
    await restartContainer(this.context.directories, record, await this.#stopOptions(options, record));
  }

  async #stopOptions(options: StopOptions, { stopTimeoutSeconds }: { readonly stopTimeoutSeconds: number }) {
    const { timeoutSeconds = stopTimeoutSeconds, stopSignal } = options;
    const { signal: abort } = this.context.waiting(options);
    return {
      patienceMs: timeoutSeconds * 1000,
      ...(stopSignal === undefined ? {} : { signal: parseSignal(stopSignal) }),
      ...(abort ? { abort } : {}),
    };
  }

  /** Sends a signal to a container's first process. Throws CntnrError `conflict` when it does not run. */
  async kill(container: string, signalName = "SIGKILL"): Promise<void> {
    const { signalContainer } = await import("../container/end-container.ts");
    const number = parseSignal(signalName);
    await signalContainer(this.context.directories, await this.find(container), number);
  }

  /** Stops all processes of a container until {@link unpause}. Throws CntnrError `conflict`. */
  async pause(container: string): Promise<void> {
    const { pauseContainer } = await import("../container/pause-container.ts");
    await pauseContainer(this.context.directories, await this.find(container));
  }

  async unpause(container: string): Promise<void> {
    const { unpauseContainer } = await import("../container/pause-container.ts");
    await unpauseContainer(this.context.directories, await this.find(container));
  }

  /** Waits until a container has ended; its exit code, 128 + n after signal n, 137 also when nobody has seen it. */
  async wait(container: string, options: WaitOptions = {}): Promise<number> {
    const { exitCodeOf, waitForEnd } = await import("../container/end-container.ts");
    const record = await this.find(container);
    const state = await waitForEnd(this.context.directories, record, this.context.waiting(options));
    // Without a limit it is there.
    return state ? exitCodeOf(state) : 0;
  }

  /**
   * Removes a container.
   * @param options.running what becomes of one that runs: default `refuse`, with CntnrError `conflict`
   * @param options.volumes whether the anonymous volumes that only it uses go with it; default `keep`
   * @param options.damaged what becomes of one whose record cannot be read: default `refuse`, with CntnrError `corrupt`
   */
  async remove(
    container: string,
    options: {
      readonly running?: "kill" | "refuse";
      readonly volumes?: "keep" | "remove";
      readonly damaged?: "refuse" | "remove";
    } = {},
  ): Promise<void> {
    const { removeContainer } = await import("../container/end-container.ts");
    try {
      const record = await this.find(container);
      await removeContainer(this.context.directories, record, options.running ?? "refuse");
      if (options.volumes !== "remove") return;
      await removeVolumesOf(this.context.directories, record);
    } catch (error) {
      const isDamaged = error instanceof CntnrError && error.code === "corrupt";
      if (!isDamaged || options.damaged !== "remove") throw error;
      await this.#removeDamaged(container);
    }
  }

  async #removeDamaged(container: string): Promise<void> {
    const { removeDamaged } = await import("../container/settle.ts");
    const id = findId(this.context.directories, container);
    if (id) await removeDamaged(this.context.directories, id);
  }

  /** Removes all containers that do not run, or those of them that are wanted away. */
  async prune(
    isWanted: (container: Pick<Container, "createdAt" | "labels">) => boolean = () => true,
    options: WaitOptions = {},
  ): Promise<PrunedContainer[]> {
    const { pruneContainers } = await import("../container/prune-containers.ts");
    const { signal } = this.context.waiting(options);
    return pruneContainers(this.context.directories, isWanted, signal);
  }

  /** Gives a container another name. Throws CntnrError `conflict` when it is taken. */
  async rename(container: string, name: string): Promise<void> {
    const { renameContainer } = await import("../container/rename-container.ts");
    await renameContainer(this.context.directories, await this.find(container), name);
  }

  /** Changes how a container lives, also while it runs. */
  async update(container: string, changes: ContainerChanges): Promise<void> {
    const { updateContainer } = await import("../container/update-container.ts");
    await updateContainer(this.context.directories, await this.find(container), changes);
  }

  /** The text of a unit by which systemd has a container run. */
  async systemdUnit(container: string, options: SystemdUnitOptions = {}): Promise<string> {
    const { systemdUnit } = await import("./systemd-unit.ts");
    return systemdUnit(this.context.directories, await this.find(container), options);
  }
}
