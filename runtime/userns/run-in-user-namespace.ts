import type { ChildProcess } from "node:child_process";
import { writeFileSync } from "node:fs";
import { CntnrError, messageOf } from "../errors/cntnr-error.ts";
import {
  type CommandResult,
  complaintOf,
  runCommand,
  signalNumber,
  startFailure,
} from "../process/run-command.ts";
import { readIfPermitted } from "../sys/read-text.ts";
import { explainRefusal } from "./explain-refusal.ts";
import { type IdMapping, type IdMappings, isOwnRoot } from "./id-mappings.ts";
import { checkProc, hasNoNewPrivileges } from "./own-namespace.ts";

export interface StartOptions {
  readonly cwd?: string;
  /** The whole environment of the command; without it, PATH alone. */
  readonly env?: NodeJS.ProcessEnv;
  /** Descriptors of ours that the command gets as 3, 4, ...; they may be closed as soon as the call has returned its promise. */
  readonly inherit?: readonly number[];
  /** Called with each complete line of standard output while the command runs. */
  readonly onStdoutLine?: (line: string) => void;
  /** Further namespaces, as flags of unshare(1). */
  readonly namespaces?: readonly string[];
  /** Kills it. */
  readonly signal?: AbortSignal;
  /** It gets a session of its own, so that the terminal's signals (Ctrl-C) do not reach it. */
  readonly ownSession?: boolean;
}

export interface NamespaceCommandOptions extends StartOptions {
  readonly stdin?: string;
  /** Milliseconds after which the command is killed. */
  readonly timeoutMs: number;
}

/** A command that runs in namespaces of its own. */
export interface NamespaceCommand {
  /** Hands it text on standard input. */
  write(text: string): void;
  /** It has got all of its input. */
  endInput(): void;
  kill(): void;
  readonly pid: number;
  readonly ended: Promise<CommandResult>;
}

const mappingTimeoutMs = 10_000;

/**
 * Tells that the namespaces are there, waits for the mappings, then becomes the command. The exec comes after
 * the mapping: it is what gives namespace root its capabilities (capabilities(7), "Capabilities and execution").
 */
const waitForMappings = 'echo && read -r _ && exec "$0" "$@"';

/**
 * Runs a command as root of a new user namespace with these mappings, in a mount namespace of its own with
 * private propagation. It can do to files of mapped ids what root can, and nothing to any others.
 * Throws CntnrError when the namespace cannot be made; the command's own failure is in the result.
 */
export async function runInUserNamespace(
  mappings: IdMappings,
  argv: readonly [string, ...string[]],
  options: NamespaceCommandOptions,
): Promise<CommandResult> {
  const limit = AbortSignal.timeout(options.timeoutMs);
  const signal = options.signal ? AbortSignal.any([options.signal, limit]) : limit;
  try {
    const command = await startInUserNamespace(mappings, argv, { ...options, signal });
    command.write(options.stdin ?? "");
    command.endInput();
    return await command.ended;
  } catch (error) {
    if (limit.aborted)
      throw new CntnrError("timeout", `${argv[0]} did not end within ${options.timeoutMs / 1000} s`);
    throw error;
  }
}

/**
 * One's own id alone unshare(1) can map itself, before its first exec. Otherwise that is the shell's, whose id is not mapped yet and
 * which therefore loses all rights; no exec gives any to it again under no-new-privileges, or where we are not root of the namespace, so it
 * gets them as ambient capabilities.
 */
function mappingFlags(mappings: IdMappings): readonly string[] {
  if (!mappings.subordinate) return ["--map-root-user"];
  return hasNoNewPrivileges() || !isOwnRoot(mappings) ? ["--keep-caps"] : [];
}

const becomeRoot = ["setpriv", "--reuid=0", "--regid=0", "--clear-groups", "--"] as const;

/** Starts a command as {@link runInUserNamespace} does, and returns when it has its namespaces. */
export async function startInUserNamespace(
  mappings: IdMappings,
  argv: readonly [string, ...string[]],
  options: StartOptions,
): Promise<NamespaceCommand> {
  const { signal } = options;
  signal?.throwIfAborted();
  // Loaded when it is needed, and at once: see runCommand().
  const { spawn } = process.getBuiltinModule("node:child_process");
  const flags = ["--user", "--mount", ...(options.namespaces ?? []), ...mappingFlags(mappings)];
  const command = isOwnRoot(mappings) ? argv : [...becomeRoot, ...argv];
  const child = spawn("unshare", [...flags, "--", "sh", "-c", waitForMappings, ...command], {
    stdio: ["pipe", "pipe", "pipe", ...(options.inherit ?? [])],
    env: options.env ?? { PATH: process.env.PATH ?? "/usr/sbin:/usr/bin:/sbin:/bin" },
    detached: options.ownSession ?? false,
    ...(options.cwd ? { cwd: options.cwd } : {}),
  });
  const kill = () => void child.kill("SIGKILL");
  signal?.addEventListener("abort", kill, { once: true });
  child.stdin?.on("error", () => {
    // The command may end without reading its input; its exit code tells.
  });
  const namespaces = Promise.withResolvers<void>();
  const ended = collect(child, namespaces.resolve, options.onStdoutLine).then((result) => {
    signal?.throwIfAborted();
    return result;
  });
  ended
    .finally(() => signal?.removeEventListener("abort", kill))
    .then(
      ({ stderr }) =>
        namespaces.reject(
          new CntnrError("unavailable", explainRefusal({ read: readIfPermitted, message: stderr.trim() })),
        ),
      namespaces.reject,
    );
  await namespaces.promise;
  try {
    await writeMappings(child.pid ?? 0, mappings);
  } catch (error) {
    kill();
    throw error;
  }
  child.stdin?.write("\n");
  return {
    pid: child.pid ?? 0,
    write: (text) => void child.stdin?.write(text),
    endInput: () => void child.stdin?.end(),
    kill,
    ended,
  };
}

/** Collects what a command prints after its first line, which says that the namespaces are there. */
function collect(
  child: ChildProcess,
  onReady: () => void,
  onStdoutLine: ((line: string) => void) | undefined,
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const stderr: Buffer[] = [];
    const lines: string[] = [];
    let isReady = false;
    const onLine = (line: string) => {
      if (!isReady) {
        isReady = true;
        return onReady();
      }
      lines.push(line);
      onStdoutLine?.(line);
    };
    child.on("error", (error) => reject(startFailure("unshare", error)));
    if (child.stdout) splitLines(child.stdout, onLine);
    child.stderr?.on("data", (chunk: Buffer) => stderr.push(chunk));
    child.on("close", (code, signalName) =>
      resolve({
        exitCode: code ?? 128 + signalNumber(signalName),
        stdout: lines.map((line) => `${line}\n`).join(""),
        stderr: Buffer.concat(stderr).toString(),
      }),
    );
  });
}

function splitLines(stream: NodeJS.ReadableStream, onLine: (line: string) => void): void {
  let partial = "";
  stream.on("data", (chunk: Buffer) => {
    const lines = (partial + chunk.toString()).split("\n");
    partial = lines.pop() ?? "";
    for (const line of lines) onLine(line);
  });
  stream.on("end", () => {
    if (partial !== "") onLine(partial);
  });
}

/** Fills in the maps of a process's new user namespace: by itself where the kernel lets it, else by newuidmap. */
async function writeMappings(pid: number, mappings: IdMappings): Promise<void> {
  if (!mappings.subordinate) return;
  checkProc();
  if (process.geteuid?.() !== 0) {
    await Promise.all([newIdMap("newuidmap", pid, mappings.uids), newIdMap("newgidmap", pid, mappings.gids)]);
    return;
  }
  try {
    writeFileSync(`/proc/${pid}/uid_map`, mapText(mappings.uids));
    writeFileSync(`/proc/${pid}/gid_map`, mapText(mappings.gids));
  } catch (error) {
    throw new CntnrError("unavailable", `cannot map ids into a user namespace: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

function mapText(mappings: readonly IdMapping[]): string {
  return mappings.map(({ containerId, hostId, size }) => `${containerId} ${hostId} ${size}\n`).join("");
}

async function newIdMap(command: string, pid: number, mappings: readonly IdMapping[]): Promise<void> {
  const args = mappings.flatMap(({ containerId, hostId, size }) => [containerId, hostId, size].map(String));
  const result = await runCommand(command, [String(pid), ...args], { timeoutMs: mappingTimeoutMs });
  if (result.exitCode === 0) return;
  throw new CntnrError(
    "unavailable",
    `${command} refused the subordinate ids of /etc/subuid and /etc/subgid: ${complaintOf(result)}`,
  );
}
