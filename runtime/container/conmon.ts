import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import * as v from "valibot";
import { CntnrError, messageOf } from "../errors/cntnr-error.ts";
import { ownProgram } from "../process/own-program.ts";
import { startFailure } from "../process/run-command.ts";
import type { Directories } from "../store/directories.ts";
import { type Service, withoutService } from "../systemd/service.ts";
import type { ContainerLife } from "./container-life.ts";
import { type ContainerPaths, type ContainerRecord, containerPaths } from "./container-record.ts";
import { readRuncLog, runcFlags, runtimeWords } from "./runc.ts";
import { classifyRuncFailure } from "./runc-failure.ts";
import { conmonRuntime } from "./user-namespace.ts";

/** Longest wait for a container to be created; its network may have to be made, by a hook with limits of its own. */
const createTimeoutMs = 180_000;

/** conmon's arguments: pure. It creates the container, keeps its output and exit code, and at its end starts us. */
export function conmonArguments(
  directories: Directories,
  record: ContainerRecord,
  life: ContainerLife,
  program: readonly string[],
  namespacePid?: number,
  service?: Service,
): string[] {
  const paths = containerPaths(directories, record.id);
  const runtimeArguments = runcFlags(directories, paths).flatMap((word) => ["--runtime-arg", word]);
  const [exitProgram = "", ...exitWords] = program;
  const exitArguments = [
    ...exitWords,
    ...["--store-dir", directories.data, "--state-dir", directories.run],
    ...["internal-exited", record.id, String(life.number)],
  ];
  return [
    ...["--api-version", "1"],
    ...["-c", record.id, "-u", record.id, "-n", record.name],
    ...conmonRuntime(record, namespacePid),
    ...["-b", paths.directory],
    ...["-p", paths.initPid, "-P", paths.conmonPid],
    ...logArguments(record, paths),
    // Not also --persist-dir: conmon gives up, exit command and all, where the disk of that is full.
    ...["--exit-dir", directories.exits, "--full-attach"],
    ...inputArguments(record),
    ...(service?.mode === "container" ? ["--sdnotify-socket", service.socket] : []),
    ...runtimeWords(record),
    ...runtimeArguments,
    ...["--exit-command", exitProgram],
    ...exitArguments.flatMap((word) => ["--exit-command-arg", word]),
  ];
}

function logArguments({ log }: ContainerRecord, paths: ContainerPaths): string[] {
  if (log.kind === "none") return ["-l", "off"];
  const bound = log.maximumBytes === undefined ? [] : ["--log-size-max", String(log.maximumBytes)];
  return ["-l", `k8s-file:${paths.log}`, ...bound];
}

/** With a terminal -i would close the terminal with the first who leaves it. */
function inputArguments({ tty, stdin, stdinOnce }: ContainerRecord): string[] {
  if (tty) return ["-t"];
  if (!stdin) return [];
  return stdinOnce ? ["-i"] : ["-i", "--leave-stdin-open"];
}

const answerSchema = v.object({ data: v.number(), message: v.optional(v.string(), "") });

/**
 * Starts conmon, which creates the container and stays as its supervisor. It keeps none of our descriptors open, so that
 * `$(cntnr run -d ...)` ends. Throws CntnrError when the container could not be created.
 * @param namespacePid a process in the user namespace that the runtime is to be started in
 */
export async function createUnderConmon(
  directories: Directories,
  record: ContainerRecord,
  life: ContainerLife,
  namespacePid?: number,
  service?: Service,
): Promise<void> {
  const paths = containerPaths(directories, record.id);
  const errors = `${paths.directory}/conmon.log`;
  const errorsFd = openSync(errors, "a", 0o600);
  let answer: string;
  try {
    const args = conmonArguments(directories, record, life, ownProgram(), namespacePid, service);
    answer = await startConmon(args, paths.directory, errorsFd);
  } finally {
    closeSync(errorsFd);
  }
  const failure = judgeAnswer(answer, paths, () => readFileSync(errors, "utf8").trim());
  if (failure) throw failure;
}

function startConmon(args: readonly string[], directory: string, errorsFd: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn("conmon", [...args], {
      stdio: ["ignore", "ignore", errorsFd, "pipe"],
      // Its own session: a signal for our process group is none for the container.
      detached: true,
      // There it leaves a file `oom` when memory has run out; and it must not keep the user's directory busy.
      cwd: directory,
      // It takes no path outside of ASCII where the locale is C, as it is under cron.
      env: { ...withoutService(process.env), LC_ALL: "C.UTF-8", _OCI_SYNCPIPE: "3" },
    });
    const limit = setTimeout(() => child.kill("SIGKILL"), createTimeoutMs);
    let answer = "";
    const sync = child.stdio[3];
    const finish = () => {
      clearTimeout(limit);
      if (sync && "destroy" in sync) sync.destroy();
      resolve(answer);
    };
    child.on("error", (error) => {
      clearTimeout(limit);
      reject(startFailure("conmon", error));
    });
    sync?.on("data", (chunk: Buffer) => {
      answer += chunk.toString();
      // One line is all it says; the pipe stays open for as long as conmon lives.
      if (answer.includes("\n")) finish();
    });
    sync?.on("error", finish);
    sync?.on("close", finish);
    child.unref();
  });
}

/** What conmon said on its pipe, as an error or none; `stderr` is asked for when it said nothing. */
export function judgeAnswer(
  answer: string,
  paths: ContainerPaths,
  stderr: () => string,
): CntnrError | undefined {
  let value: unknown;
  try {
    value = JSON.parse(answer);
  } catch (error) {
    const reason = classifyRuncFailure(readRuncLog(paths));
    const why = answer === "" ? "it was killed, or has given up" : messageOf(error);
    return (
      reason ??
      new CntnrError("engine", `conmon ended without an answer: ${stderr() || why}`, { cause: error })
    );
  }
  const result = v.safeParse(answerSchema, value);
  if (result.success && result.output.data > 0) return undefined;
  const message = result.success ? result.output.message : answer;
  const reason = classifyRuncFailure(readRuncLog(paths)) ?? classifyRuncFailure(message);
  return (
    reason ?? new CntnrError("engine", `the container could not be created: ${message.trim() || stderr()}`)
  );
}
