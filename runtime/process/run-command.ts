import type { SpawnOptions } from "node:child_process";
import { constants } from "node:os";
import { CntnrError, hasErrno, messageOf } from "../errors/cntnr-error.ts";
import { debianPackageOf } from "./package-names.ts";

export interface CommandOptions {
  /** Written to standard input; without it the command reads /dev/null. */
  readonly stdin?: string | Uint8Array;
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  /** Descriptors of ours that the command gets as 3, 4, ... */
  readonly inherit?: readonly number[];
  /** Milliseconds after which the command is killed. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** Called with the command's process id when it has been started. */
  readonly onStart?: (pid: number) => void;
  /** Called with each complete line of standard error while the command runs. */
  readonly onStderrLine?: (line: string) => void;
}

export interface CommandResult {
  /** Exit code; 128 + n when signal n ended the command. */
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Turns a failure to start `command` into an error that says what to install. */
export function startFailure(command: string, error: unknown): CntnrError {
  if (!hasErrno(error, "ENOENT"))
    return new CntnrError("engine", `cannot start ${command}: ${messageOf(error)}`, { cause: error });
  const hint = debianPackageOf(command);
  return new CntnrError(
    "unavailable",
    `${command} is not installed${hint ? ` (Debian package: ${hint})` : ""}`,
    { cause: error },
  );
}

/** The same of one that is not in PATH. */
export function notInPath(command: string): CntnrError {
  return startFailure(command, Object.assign(new Error("not in PATH"), { code: "ENOENT" }));
}

/** Runs a command to its end and collects what it prints. Never through a shell. */
export async function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<CommandResult> {
  const spawnOptions: SpawnOptions = {
    stdio: [options.stdin === undefined ? "ignore" : "pipe", "pipe", "pipe", ...(options.inherit ?? [])],
  };
  if (options.env) spawnOptions.env = options.env;
  if (options.cwd) spawnOptions.cwd = options.cwd;
  // Loaded here, because most of those who can run a command do not, and it takes 1 ms. At once, and not by import(): the caller
  // may close the descriptors that the child inherits as soon as this function has returned its promise.
  const { spawn } = process.getBuiltinModule("node:child_process");
  const limit = AbortSignal.timeout(options.timeoutMs);
  const abort = options.signal ? AbortSignal.any([options.signal, limit]) : limit;
  abort.throwIfAborted();
  const child = spawn(command, [...args], spawnOptions);
  if (child.pid !== undefined) options.onStart?.(child.pid);
  const kill = () => child.kill("SIGKILL");
  abort.addEventListener("abort", kill, { once: true });
  try {
    return await new Promise<CommandResult>((resolve, reject) => {
      const stdout: Buffer[] = [];
      const stderr: Buffer[] = [];
      let partialLine = "";
      child.on("error", (error) => reject(startFailure(command, error)));
      child.stdout?.on("data", (chunk: Buffer) => stdout.push(chunk));
      child.stderr?.on("data", (chunk: Buffer) => {
        stderr.push(chunk);
        if (!options.onStderrLine) return;
        const lines = (partialLine + chunk.toString()).split(/\r?\n|\r/);
        partialLine = lines.pop() ?? "";
        for (const line of lines) options.onStderrLine(line);
      });
      child.stdin?.on("error", () => {
        // The command may end without reading its input; its exit code tells.
      });
      child.stdin?.end(options.stdin);
      child.on("close", (code, signalName) => {
        if (limit.aborted)
          return reject(
            new CntnrError("timeout", `${command} did not end within ${options.timeoutMs / 1000} s`),
          );
        if (options.signal?.aborted) return reject(options.signal.reason);
        resolve({
          exitCode: code ?? 128 + signalNumber(signalName),
          stdout: Buffer.concat(stdout).toString(),
          stderr: Buffer.concat(stderr).toString(),
        });
      });
    });
  } finally {
    abort.removeEventListener("abort", kill);
  }
}

/** Why a command failed, for the end of a sentence: the last line that it printed on standard error, or what else there is to say. */
export function complaintOf({ exitCode, stderr }: Pick<CommandResult, "exitCode" | "stderr">): string {
  const line = stderr.trim().split("\n").at(-1)?.trim() ?? "";
  if (line !== "") return line;
  return exitCode === killedExitCode
    ? "it was killed"
    : `it ended with exit code ${exitCode} and did not say why`;
}

const killedExitCode = 128 + constants.signals.SIGKILL;

/** The number of a signal by its name ("SIGTERM": 15); 0 for none. */
export function signalNumber(name: NodeJS.Signals | null): number {
  return name ? constants.signals[name] : 0;
}
