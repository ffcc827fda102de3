import { type ChildProcess, spawn } from "node:child_process";
import { constants } from "node:os";

/** One program to run, with everything that it gets from netd. */
export interface ChildSpec {
  /** Absolute path. */
  readonly command: string;
  readonly args: readonly string[];
  /** Written to standard input, which then ends. */
  readonly stdin: string;
  /**
   * Awaited while the child starts, before anything is written to its standard input. When it throws the child is killed,
   * and that is thrown.
   */
  readonly beforeInput?: (() => void | Promise<void>) | undefined;
  /** The whole environment: nothing is inherited (R7). */
  readonly env: Readonly<Record<string, string>>;
  /** Milliseconds after which the child and its process group are killed. */
  readonly timeoutMs: number;
  /** Of standard output and standard error together; a child that prints more is killed. */
  readonly maxOutputBytes: number;
  /**
   * A file that netd has locked with flock(2). The child has it as descriptor 3: the same open file description, so
   * the lock stays until netd and all its children have ended, however netd ended.
   */
  readonly lockFd?: number | undefined;
  /** Kills the child and its process group. */
  readonly signal?: AbortSignal | undefined;
}

export interface ChildResult {
  /** 128 + n when signal n ended the child. */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export type ChildFault = "not-started" | "timed-out" | "too-much-output" | "aborted";

/** A child that netd could not start, or had to kill. One that ends by itself, however it does, is no error. */
export class ChildError extends Error {
  override readonly name = "ChildError";

  constructor(
    readonly fault: ChildFault,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** timeout(1); coreutils is an essential package. */
const timeoutProgram = "/usr/bin/timeout";
/** timeout(1) kills this much later than netd itself would: it is for the children of a netd that is dead. */
const orphanGraceMs = 1000;
/** How long netd waits for the end of the output of a child that has ended; see {@link endOf}. */
const drainMs = 1000;

/**
 * Runs a program to its end. It has a process group of its own: a signal to netd's group does not reach it (F11), and
 * what it leaves running in its group ends with it (R8).
 * Throws ChildError, and what `beforeInput` throws, when the child has ended.
 */
export async function runChild(spec: ChildSpec): Promise<ChildResult> {
  if (spec.signal?.aborted) throw faultOf("aborted", spec, spec.signal.reason);
  const startedMs = performance.now();
  const child = start(spec);
  let fault: ChildError | undefined;
  const stop = (why: ChildFault) => {
    fault ??= faultOf(why, spec, spec.signal?.reason);
    killGroup(child);
    // timeout(1) may not have made its group yet; then nothing but itself is in it.
    child.kill("SIGKILL");
  };
  const abort = () => stop("aborted");
  const timer = setTimeout(() => stop("timed-out"), spec.timeoutMs);
  spec.signal?.addEventListener("abort", abort, { once: true });
  try {
    const output = collectOutput(child, spec.maxOutputBytes, () => stop("too-much-output"));
    const [end, input] = await Promise.allSettled([
      endOf(child, spec),
      giveInput(child, spec).catch((error: unknown) => {
        stop("aborted");
        throw error;
      }),
    ]);
    if (input.status === "rejected") throw input.reason;
    if (fault) throw fault;
    if (end.status === "rejected") throw end.reason;
    const [stdout, stderr] = output.map((chunks) => Buffer.concat(chunks).toString());
    return judge(spec, end.value, {
      stdout: stdout ?? "",
      stderr: stderr ?? "",
      tookMs: performance.now() - startedMs,
    });
  } finally {
    clearTimeout(timer);
    spec.signal?.removeEventListener("abort", abort);
  }
}

async function giveInput(child: ChildProcess, { stdin, beforeInput }: ChildSpec): Promise<void> {
  await beforeInput?.();
  child.stdin?.end(stdin);
}

function start({ command, args, env, timeoutMs, lockFd }: ChildSpec): ChildProcess {
  const limit = `${((timeoutMs + orphanGraceMs) / 1000).toFixed(3)}s`;
  // timeout(1) first makes a process group, which it leads; a signal to netd's that is faster ends it before it has started
  // anything. No session (setsid(2)): the kernel's scheduler takes each for a user of the machine (sched(7), autogroup), and
  // one that has just come has to wait: on a busy machine plugins then took twice as long.
  // Bun marks every descriptor that is not named here close-on-exec.
  const child = spawn(timeoutProgram, ["--signal=KILL", limit, command, ...args], {
    cwd: "/",
    env: { ...env },
    stdio: lockFd === undefined ? ["pipe", "pipe", "pipe"] : ["pipe", "pipe", "pipe", lockFd],
  });
  child.stdin?.on("error", () => {
    // It may end without reading its input; its exit code tells.
  });
  return child;
}

/** The chunks of standard output and of standard error. */
function collectOutput(
  child: ChildProcess,
  maxBytes: number,
  onTooMuch: () => void,
): readonly [Buffer[], Buffer[]] {
  let sizeBytes = 0;
  const collect = (stream: ChildProcess["stdout"]) => {
    const chunks: Buffer[] = [];
    stream?.on("data", (chunk: Buffer) => {
      sizeBytes += chunk.length;
      if (sizeBytes > maxBytes) onTooMuch();
      else chunks.push(chunk);
    });
    return chunks;
  };
  return [collect(child.stdout), collect(child.stderr)];
}

interface End {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/**
 * Waits for the child's end and, for a moment, for the end of its output. What is left of its group is killed, so only
 * a grandchild that has made a session of its own can hold the output open longer than that; it is not waited for.
 */
function endOf(child: ChildProcess, spec: ChildSpec): Promise<End> {
  return new Promise((resolve, reject) => {
    let drained: NodeJS.Timeout | undefined;
    child.once("error", (error) => {
      const what = `cannot start ${timeoutProgram} (Debian package: coreutils) for ${spec.command}`;
      reject(new ChildError("not-started", what, { cause: error }));
    });
    child.once("exit", (code, signal) => {
      killGroup(child);
      drained = setTimeout(() => {
        child.stdout?.destroy();
        child.stderr?.destroy();
        resolve({ code, signal });
      }, drainMs);
    });
    child.once("close", (code, signal) => {
      clearTimeout(drained);
      resolve({ code, signal });
    });
  });
}

function judge(
  spec: ChildSpec,
  { code, signal }: End,
  { stdout, stderr, tookMs }: { stdout: string; stderr: string; tookMs: number },
): ChildResult {
  // timeout(1) was first: netd did not get to run at the time when its own limit ended.
  if (signal === "SIGKILL" && tookMs >= spec.timeoutMs + orphanGraceMs) throw faultOf("timed-out", spec);
  // timeout(1): 125 is its own failure, 126 and 127 that the command cannot be executed, with a line of its own.
  if (code !== null && code >= 125 && code <= 127 && stderr.startsWith(`${timeoutProgram}: `))
    throw new ChildError("not-started", `cannot start ${spec.command}: ${stderr.trim()}`);
  return { exitCode: code ?? 128 + (signal === null ? 0 : constants.signals[signal]), stdout, stderr };
}

/**
 * Kills the group that the child leads, if it has made it. After the child's end its number could only be somebody else's if the kernel
 * had gone through all numbers in between, which takes far longer than the way from the end to here.
 */
function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    const isGone = error instanceof Error && "code" in error && error.code === "ESRCH";
    if (!isGone) throw error;
  }
}

function faultOf(fault: ChildFault, spec: ChildSpec, reason?: unknown): ChildError {
  const texts: Record<ChildFault, string> = {
    "not-started": "could not be started",
    "timed-out": `did not end within ${spec.timeoutMs / 1000} s and was killed`,
    "too-much-output": `printed more than ${spec.maxOutputBytes} bytes and was killed`,
    aborted: "was ended because it is not needed any more",
  };
  return new ChildError(
    fault,
    `${spec.command} ${texts[fault]}`,
    fault === "aborted" ? { cause: reason } : {},
  );
}
