import { constants } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { type AttachedStreams, attachStreams, type OutputStream } from "../attach/attach-streams.ts";
import { ownStreams } from "../attach/own-streams.ts";
import { RawTerminal } from "../attach/raw-terminal.ts";
import { resizeTerminal } from "../attach/resize-terminal.ts";
import { CntnrError } from "../errors/cntnr-error.ts";
import type { Directories } from "../store/directories.ts";
import { leaveWhenAborted, PacketSocket } from "../sys/packet-socket.ts";
import { type ContainerPaths, type ContainerRecord, containerPaths } from "./container-record.ts";
import { lostExitCode, readFacts } from "./container-state.ts";
import { exitCodeOf, readExitCopy, signalInit, waitForEnd } from "./end-container.ts";
import { SignalForwarding } from "./signal-forwarding.ts";
import { type StartOptions, startContainer } from "./start-container.ts";

/** How long after the end of the output conmon may take to note the exit code. */
const exitCodeMs = 10_000;

export interface AttachOptions {
  /** What a terminal sends for the detach keys; empty: none. */
  readonly detachKeys: Uint8Array;
  /** Signals that we get are passed on to the container. */
  readonly signals: "pass" | "keep";
  readonly stdin: boolean;
  /** Of what it prints, the streams that we show; with none, the end of our input is all that is waited for. */
  readonly attached?: readonly OutputStream[];
  /** In the place of our own standard input and output, our terminal included. */
  readonly streams?: AttachedStreams | undefined;
  /** When it is given we leave: what has begun goes on without us. */
  readonly signal?: AbortSignal | undefined;
}

/** The exit code that the container ended with, or `left` when the detach keys were typed. */
export type AttachResult = number | "left";

/**
 * Starts a container with our own standard input and output attached to it, so that nothing of its output is missed. Throws CntnrError,
 * and the reason of `signal`; a container that does not run yet is then as if it could not be started.
 */
export async function startAttached(
  directories: Directories,
  record: ContainerRecord,
  options: AttachOptions & Pick<StartOptions, "service" | "unstarted">,
): Promise<AttachResult> {
  const paths = containerPaths(directories, record.id);
  using stack = new DisposableStack();
  let socket: PacketSocket | undefined;
  await startContainer(directories, record, {
    ...(options.service ? { service: options.service } : {}),
    ...(options.unstarted ? { unstarted: options.unstarted } : {}),
    onCreated: () => {
      options.signal?.throwIfAborted();
      socket = stack.use(PacketSocket.connect(paths.attachSocket));
      openTerminal(stack, paths, record, options);
    },
  });
  if (!socket) throw new CntnrError("engine", `container ${record.name} was started without its terminal`);
  return await attach(directories, record, socket, stack, options);
}

/** Attaches our own standard input and output to a running container. Throws CntnrError `conflict` when it cannot be. */
export async function attachContainer(
  directories: Directories,
  record: ContainerRecord,
  options: AttachOptions,
): Promise<AttachResult> {
  const facts = readFacts(directories, record);
  if (!facts.init) throw new CntnrError("conflict", `container ${record.name} is not running`);
  if (!facts.isConmonAlive)
    throw new CntnrError(
      "conflict",
      `container ${record.name} runs in the foreground of another cntnr, or its conmon was killed: nobody can be attached to it`,
    );
  const paths = containerPaths(directories, record.id);
  using stack = new DisposableStack();
  const socket = stack.use(PacketSocket.connect(paths.attachSocket));
  openTerminal(stack, paths, record, options);
  return await attach(directories, record, socket, stack, options);
}

function openTerminal(
  stack: DisposableStack,
  paths: ContainerPaths,
  { tty }: ContainerRecord,
  { stdin, streams }: AttachOptions,
): void {
  if (tty && stdin && !streams)
    stack.use(new RawTerminal(0, (size) => resizeTerminal(paths.terminalControl, size)));
}

async function attach(
  directories: Directories,
  record: ContainerRecord,
  socket: PacketSocket,
  stack: DisposableStack,
  { detachKeys, signals, stdin, streams, signal, attached = ["stdout", "stderr"] }: AttachOptions,
): Promise<AttachResult> {
  if (signals === "pass") {
    const forwarding = stack.use(new SignalForwarding());
    forwarding.to((name) => void signalInit(directories, record, constants.signals[name]));
  }
  using _ = leaveWhenAborted(socket, signal);
  const atEnd = attached.length === 0 ? "end-input-and-detach" : "end-input";
  const end = await attachStreams(socket, streams ?? ownStreams(stdin ? "pass" : "keep", attached), {
    // What is piped in is no typing: such bytes are data.
    detachKeys: record.tty ? detachKeys : new Uint8Array(),
    // Raw terminals end by being taken away, and not by a key.
    atInputEnd: record.tty && !streams ? "detach" : atEnd,
  });
  stack.dispose();
  signal?.throwIfAborted();
  if (end === "detached") return "left";
  return exitOfLife(directories, record, signal);
}

/** A restart policy may have begun the next life by the time that we look. */
async function exitOfLife(
  directories: Directories,
  record: ContainerRecord,
  signal: AbortSignal | undefined,
): Promise<number> {
  const state =
    record.restart.policy === "no" ? await waitForEnd(directories, record, { signal }) : undefined;
  if (state) return exitCodeOf(state);
  const deadline = performance.now() + exitCodeMs;
  for (;;) {
    const exitCode = readExitCopy(directories, record.id);
    if (exitCode !== undefined) return exitCode;
    if (performance.now() > deadline) return lostExitCode;
    signal?.throwIfAborted();
    await delay(5);
  }
}
