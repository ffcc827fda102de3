import type { AttachedStreams, OutputStream } from "../attach/attach-streams.ts";
import { BrokenOutput } from "../attach/own-streams.ts";
import type { Directories } from "../store/directories.ts";
import { serviceOf } from "../systemd/service.ts";
import { checkTerminal } from "./check-terminal.ts";
import type { ContainerId } from "./container-id.ts";
import type { ContainerRecord } from "./container-record.ts";
import { type CreateRequest, type CreateSurroundings, createContainer } from "./create-container.ts";
import { runForeground } from "./run-foreground.ts";
import { SealedRuntime } from "./sealed-runtime.ts";
import type { StartOptions } from "./start-container.ts";
import { isEntered } from "./user-namespace.ts";

/** One `cntnr run`. */
export interface RunRequest extends CreateRequest {
  readonly detach: boolean;
  /** Of what the container prints in the foreground, the streams that are shown. */
  readonly attached: readonly OutputStream[];
  /** What a terminal sends for the detach keys. */
  readonly detachKeys: Uint8Array;
  /** What becomes of a container that cannot be started; one with `autoRemove` goes in any case. */
  readonly unstarted: "keep" | "remove";
  /** Signals that we get are the container's. */
  readonly signals: "pass" | "keep";
  /** What it reads and prints, unless it is our own standard input and output. */
  readonly streams?: AttachedStreams;
}

export type RunResult =
  | { readonly kind: "ended"; readonly exitCode: number }
  /** It runs in the background; `left` by the detach keys. */
  | { readonly kind: "detached" | "left"; readonly id: ContainerId };

const sweepAfterMs = 500;

/**
 * Makes a container and runs it: in the foreground until it has ended, or in the background. Throws CntnrError, and the reason of
 * `surroundings.signal`; then nothing of the container is left, unless it was to be kept. Our own standard input and output are given to it
 * as they are, and nobody can take them away again: without streams of its own, `signal` is obeyed until it runs.
 */
export async function runContainer(
  directories: Directories,
  request: RunRequest,
  surroundings: CreateSurroundings,
): Promise<RunResult> {
  const { detach, options, streams } = request;
  const { signal } = surroundings;
  if (!detach && !streams) checkTerminal(options);
  await using runtime = mayBeForeground(request) ? new SealedRuntime() : undefined;
  const record = await createContainer(directories, request, surroundings, {
    madeBy: "run",
    stdinOnce: options.stdin && !detach,
  });
  const service = serviceOf(surroundings.env, record.sdnotify);
  const { attached, signals } = request;
  const unstarted = record.autoRemove ? "remove" : request.unstarted;
  const isShown = attached.length > 0;
  if (detach || !(isShown || options.stdin)) {
    await startNew(directories, record, { unstarted, ...(service ? { service } : {}) }, signal);
    return { kind: "detached", id: record.id };
  }
  using _ = sweepLater(directories);
  // With conmon one can leave a terminal and come back to it, and somebody is there to restart the container.
  // A service manager watches conmon. And what goes on between its creation and its start (openNamespace) is in one place.
  // The runtime would wait for all who have its pipes, also when its container's first process has ended.
  const needsConmon =
    record.tty || record.restart.policy !== "no" || isEntered(record) || record.sharesProcesses;
  if (!streams && !needsConmon && !service && isShown) {
    const { onRemark } = surroundings;
    try {
      const exitCode = await runForeground(directories, record, { signals, attached, onRemark, runtime });
      return { kind: "ended", exitCode };
    } catch (error) {
      if (request.unstarted === "remove") await removeStarted(directories, record);
      throw error;
    }
  }
  const { startAttached } = await import("./attached-container.ts");
  const { detachKeys } = request;
  const end = await startAttached(directories, record, {
    detachKeys,
    signals,
    stdin: options.stdin,
    attached,
    streams,
    signal,
    unstarted,
    ...(service ? { service } : {}),
  }).catch(async (error) => {
    // Nobody sees any more what it prints. As with podman it goes on, unless it was to leave nothing.
    const isUnwanted = error instanceof BrokenOutput && record.autoRemove;
    if (streams || signal?.aborted || isUnwanted) await removeStarted(directories, record);
    throw error;
  });
  if (end === "left") return { kind: isShown ? "left" : "detached", id: record.id };
  return isShown ? { kind: "ended", exitCode: end } : { kind: "detached", id: record.id };
}

/** What the record says may still be against it. */
function mayBeForeground({ detach, streams, options, runtime }: RunRequest): boolean {
  return !(detach || streams || options.tty || runtime !== undefined);
}

async function startNew(
  directories: Directories,
  record: ContainerRecord,
  options: Pick<StartOptions, "service" | "unstarted">,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { startContainer } = await import("./start-container.ts");
  try {
    await startContainer(directories, record, { ...options, onCreated: () => signal?.throwIfAborted() });
  } catch (error) {
    if (signal?.aborted) await removeStarted(directories, record);
    throw error;
  }
}

/** Whoever has started it has no id to remove it by. */
async function removeStarted(directories: Directories, record: ContainerRecord): Promise<void> {
  const { removeContainer } = await import("./end-container.ts");
  await removeContainer(directories, record, "kill");
}

/** Cleans up after others while our container runs, so that it costs a short one nothing. */
function sweepLater(directories: Directories): Disposable {
  const timer = setTimeout(async () => {
    const { sweep } = await import("./sweep.ts");
    await sweep(directories).catch(() => {
      // It is a favour: `cntnr ps` will say what is wrong.
    });
  }, sweepAfterMs);
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}
