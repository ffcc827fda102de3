import type { AttachResult } from "../container/attached-container.ts";
import { checkTerminal } from "../container/check-terminal.ts";
import type { CommitRequest } from "../container/commit-container.ts";
import type { LogEntry, ReadLogOptions } from "../container/container-log.ts";
import type { ContainerRecord } from "../container/container-record.ts";
import { readState } from "../container/container-state.ts";
import { findContainer } from "../container/container-store.ts";
import type { CopyPlace } from "../copy/copy-files.ts";
import type { Change, CopyReport } from "../copy/copy-job.ts";
import { CntnrError } from "../errors/cntnr-error.ts";
import type { ExecRequest } from "../exec/exec-request.ts";
import type { LocalImage } from "../image/local-image.ts";
import type { UsageSample } from "../usage/measure-usage.ts";
import type { EngineContext, WaitOptions } from "./context.ts";
import { attachOptionsOf, CapturedStreams, type Input, type Streams } from "./streams.ts";

/** How something ended that was attached to: by itself, or it goes on and was left by the detach keys. */
export type AttachEnd = { readonly kind: "ended"; readonly exitCode: number } | { readonly kind: "left" };

/** What a command printed, and its exit code; 128 + n after signal n. */
export interface CapturedEnd {
  readonly exitCode: number;
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
}

/** How a command is run beside a container's own; what is absent is as the container's own process has it. */
export interface ExecOptions extends WaitOptions {
  /** KEY=VALUE, beyond the container's own. */
  readonly env?: readonly string[];
  /** user[:group], names of the container or numbers. */
  readonly user?: string;
  /** Absolute. */
  readonly workingDir?: string;
  /** All capabilities, within the container's user namespace. */
  readonly isPrivileged?: boolean;
}

/** A path in a container, a path of the user's, or a descriptor for an archive. */
export type CopyEnd =
  | { readonly kind: "container"; readonly container: string; readonly path: string }
  | Exclude<CopyPlace, { readonly kind: "container" }>;

export interface CopyOptions extends WaitOptions {
  /** Follow a link that the source's path ends with. */
  readonly followsLink?: boolean;
  /** Keep owners, as far as they are mapped. */
  readonly keepsOwners?: boolean;
}

/** What is done in and with containers that there are: commands, output, files. `container` is a name, an id, or the start of one. */
export class ContainerWork {
  constructor(protected readonly context: EngineContext) {}

  /** Throws CntnrError `not-found`, `conflict` for the start of several ids, `corrupt`. */
  protected async find(container: string): Promise<ContainerRecord> {
    return findContainer(this.context.directories, container);
  }

  /**
   * What a container has printed, a line or a part of one at a time; with `follow` until it has ended. Throws CntnrError `unsupported` for
   * one whose output nobody has kept.
   */
  async *logs(container: string, options: Partial<ReadLogOptions> = {}): AsyncGenerator<LogEntry> {
    for await (const entries of this.logBatches(container, options)) yield* entries;
  }

  /** The same, as many entries at a time as there are: faster for long logs. */
  async *logBatches(
    container: string,
    { signal, ...options }: Partial<ReadLogOptions> = {},
  ): AsyncGenerator<readonly LogEntry[]> {
    const { readContainerLog } = await import("../container/container-log.ts");
    const signals = this.context.signals(signal ? { signal } : {});
    const record = await this.find(container);
    yield* readContainerLog(this.context.directories, record, { follow: false, ...options, ...signals });
  }

  /**
   * Runs a command in a running container to its end, and keeps all that it prints in memory. Aborted, it kills the command and its process
   * group. Throws CntnrError `conflict` when the container does not run, `command-not-found` and `command-not-executable`.
   * @param options.input what it reads; without it nothing
   */
  async exec(
    container: string,
    command: readonly string[],
    { input, ...options }: ExecOptions & { readonly input?: Input } = {},
  ): Promise<CapturedEnd> {
    const streams = new CapturedStreams(input);
    const exitCode = await this.#execOn(container, command, streams, options);
    return { exitCode, ...streams.captured };
  }

  /**
   * The same on streams of the caller's, with a terminal if `tty` says so. On this process's own streams and without a terminal the command
   * cannot be aborted once it runs.
   */
  async execAttached(
    container: string,
    command: readonly string[],
    streams: Streams,
    { tty = false, ...options }: ExecOptions & { readonly tty?: boolean } = {},
  ): Promise<AttachEnd> {
    if (tty) return this.#execOnTerminal(container, command, streams, options);
    if (streams.kind === "given")
      return { kind: "ended", exitCode: await this.#execOn(container, command, streams, options) };
    const { execContainer } = await import("../exec/exec-container.ts");
    this.context.waiting(options);
    const request = { ...requestOf(command, options), stdin: streams.stdin !== "keep" };
    const signals = streams.signals ?? "keep";
    const record = await this.find(container);
    return {
      kind: "ended",
      exitCode: await execContainer(this.context.directories, record, request, { signals }),
    };
  }

  /** Starts a command in a running container and leaves it there. Throws CntnrError when it could not be started. */
  async execDetached(
    container: string,
    command: readonly string[],
    options: ExecOptions = {},
  ): Promise<void> {
    const { execDetached } = await import("../exec/exec-container.ts");
    this.context.waiting(options);
    await execDetached(this.context.directories, await this.find(container), requestOf(command, options));
  }

  async #execOn(
    container: string,
    command: readonly string[],
    streams: Streams & { readonly kind: "given" },
    options: ExecOptions,
  ): Promise<number> {
    const { execOnStreams } = await import("../exec/exec-streams.ts");
    const { signal } = this.context.waiting(options);
    const record = await this.find(container);
    return execOnStreams(this.context.directories, record, requestOf(command, options), streams, signal);
  }

  async #execOnTerminal(
    container: string,
    command: readonly string[],
    streams: Streams,
    options: ExecOptions,
  ): Promise<AttachEnd> {
    const { execOnTerminal } = await import("../exec/exec-terminal.ts");
    const { detachKeys, stdin } = attachOptionsOf(streams);
    const request = { ...requestOf(command, options), tty: true, stdin };
    const record = await this.find(container);
    if (streams.kind === "own") checkTerminal(request);
    return endOf(
      await execOnTerminal(this.context.directories, record, request, {
        detachKeys,
        ...(streams.kind === "given" ? { streams } : {}),
        ...this.context.waiting(options),
      }),
    );
  }

  /**
   * Attaches streams to a running container until it has ended. Aborted, it leaves, and the container runs on. Throws CntnrError `conflict`
   * when it does not run, or runs on another program's own streams.
   */
  async attach(container: string, streams: Streams, options: WaitOptions = {}): Promise<AttachEnd> {
    const { attachContainer } = await import("../container/attached-container.ts");
    const record = await this.find(container);
    const attachment = attachOptionsOf(streams);
    const stdin = attachment.stdin && record.stdin;
    if (streams.kind === "own") checkTerminal({ tty: record.tty, stdin });
    return endOf(
      await attachContainer(this.context.directories, record, {
        ...attachment,
        stdin,
        ...this.context.waiting(options),
      }),
    );
  }

  /** What ps(1) says of a container's processes: lines, the first a heading. Throws CntnrError `conflict` when it does not run. */
  async top(
    container: string,
    psArguments: readonly string[] = [],
    options: WaitOptions = {},
  ): Promise<string[]> {
    const { containerTop } = await import("../container/container-top.ts");
    const waiting = this.context.waiting(options);
    return containerTop(this.context.directories, await this.find(container), psArguments, waiting);
  }

  /** What a container's processes have used up to now; undefined when it does not run. Two of them give a load: {@link cpuPercent}. */
  async usage(container: string): Promise<UsageSample | undefined> {
    const { measureUsage } = await import("../usage/measure-usage.ts");
    const record = await this.find(container);
    const state = readState(this.context.directories, record);
    return "pid" in state ? measureUsage(state.pid, record.id) : undefined;
  }

  /** Room that a container's files take, in bytes: its own, and those of its image. */
  async size(container: string): Promise<{ readonly ownBytes: number; readonly imageBytes: number }> {
    const { measureContainer } = await import("../container/container-size.ts");
    return measureContainer(this.context.directories, await this.find(container));
  }

  /**
   * Copies a file or a directory with all below it, into a container or out of one, as docker cp does; the container need not run. Throws
   * CntnrError; what is copied by then stays.
   */
  async copy(from: CopyEnd, to: CopyEnd, options: CopyOptions = {}): Promise<CopyReport> {
    const { copyFiles } = await import("../copy/copy-files.ts");
    const { followsLink = false, keepsOwners = false } = options;
    const waiting = this.context.waiting(options);
    const [source, target] = [await this.#placeOf(from), await this.#placeOf(to)];
    return copyFiles(this.context.directories, source, target, { followsLink, keepsOwners, ...waiting });
  }

  async #placeOf(end: CopyEnd): Promise<CopyPlace> {
    if (end.kind !== "container") return end;
    return { kind: "container", record: await this.find(end.container), path: end.path };
  }

  /**
   * Writes a container's file system as a tar archive, without what is mounted: to a descriptor, or to a file, which appears when it is
   * whole. Throws CntnrError.
   */
  async export(container: string, target: number | string, options: WaitOptions = {}): Promise<void> {
    const [{ exportContainer }, { writeOutputFile }] = await Promise.all([
      import("../copy/export-container.ts"),
      import("../store/output-file.ts"),
    ]);
    const record = await this.find(container);
    const waiting = this.context.waiting(options);
    const write = (fd: number) => exportContainer(this.context.directories, record, fd, waiting);
    await (typeof target === "number" ? write(target) : writeOutputFile(target, write));
  }

  /** What a container has changed of its image, in the order of the names. */
  async diff(container: string, options: WaitOptions = {}): Promise<readonly Change[]> {
    const { diffContainer } = await import("../copy/diff-container.ts");
    const waiting = this.context.waiting(options);
    return diffContainer(this.context.directories, await this.find(container), waiting);
  }

  /** Makes an image of what a container has become. Its processes are stopped meanwhile unless `pauses` is false. Throws CntnrError. */
  async commit(
    container: string,
    { signal, ...request }: Partial<Omit<CommitRequest, "onRemark">> = {},
  ): Promise<LocalImage> {
    const { commitContainer } = await import("../container/commit-container.ts");
    return commitContainer(this.context.directories, await this.find(container), {
      changes: [],
      pauses: true,
      compression: "none",
      ...request,
      onRemark: this.context.onRemark,
      ...this.context.waiting(signal ? { signal } : {}),
    });
  }
}

export function endOf(result: AttachResult): AttachEnd {
  return result === "left" ? { kind: "left" } : { kind: "ended", exitCode: result };
}

function requestOf(
  command: readonly string[],
  { env = [], user, workingDir, isPrivileged = false }: ExecOptions,
): ExecRequest {
  if (workingDir !== undefined && !workingDir.startsWith("/"))
    throw new CntnrError("usage", `workingDir ${workingDir}: the working directory is not absolute`);
  return {
    command,
    env,
    ...(user === undefined ? {} : { user }),
    ...(workingDir === undefined ? {} : { workingDir }),
    tty: false,
    stdin: false,
    isPrivileged,
  };
}
