import { spawn } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { noteContainer } from "../container/container-events.ts";
import { readLife } from "../container/container-life.ts";
import { type ContainerRecord, containerPaths, readRecord } from "../container/container-record.ts";
import { readState } from "../container/container-state.ts";
import { listContainers } from "../container/container-store.ts";
import { signalInit, stopContainer } from "../container/end-container.ts";
import { readStartTime } from "../container/process-identity.ts";
import { restartContainer } from "../container/restart-container.ts";
import { CntnrError } from "../errors/cntnr-error.ts";
import type { Directories } from "../store/directories.ts";
import type { FileLock } from "../sys/file-lock.ts";
import type { HealthCheck } from "./health-check.ts";
import { afterProbe, type HealthState, initialHealth } from "./health-state.ts";
import { bootClock, readHealth, writeHealth } from "./health-store.ts";
import { runProbe } from "./run-probe.ts";
import {
  ensureSupervisor,
  noteSupervisor,
  supervisorCommand,
  tryBecomeSupervisor,
  wakeSignal,
  wakeSupervisor,
} from "./supervisor-lock.ts";

/** Shorter pauses are not worth a new process. */
const shortestSleepMs = 3000;
/** Longest pause between two looks at which containers there are. */
const longestSleepMs = 10 * 60_000;
/** Between two looks at a container that is being started. */
const startingPauseMs = 200;
const shellTimeoutMs = 10_000;
const ticksPerSecond = 100; // sysconf(_SC_CLK_TCK)
const kill = 9; // SIGKILL

/**
 * Sleeps, and becomes the supervisor again; a signal ends the sleep. It tells when it can be woken up. The lock is descriptor 3: the
 * shell's and not its sleep's, so that it goes when the shell is killed.
 */
const sleepScript = `trap 'kill $! 2>/dev/null' USR2
sleep "$0" >/dev/null 3>&- &
echo
exec >/dev/null
wait $!
trap '' USR2
exec "$@"`;

/** A running container whose check is due at some time. */
interface Patient {
  readonly record: ContainerRecord;
  readonly check: HealthCheck;
  readonly state: HealthState;
  /** In seconds since the boot. */
  readonly startedAt: number;
}

/**
 * Runs the checks of all containers that have any, until none of them runs any more. Returns at once when there is a supervisor
 * already. When the next check is far away, it leaves the lock to a sleeping shell and returns.
 * @param inherited the lock, from such a shell
 */
export async function superviseHealth(directories: Directories, inherited?: FileLock): Promise<void> {
  const lock = inherited ?? tryBecomeSupervisor(directories);
  if (!lock) return;
  if ((await supervise(directories, lock)) === "asleep") return;
  // Whoever was started since the last look may have seen that there was a supervisor, and left it to us.
  const { patients, areAnyExpected } = findPatients(directories);
  if (patients.length > 0 || areAnyExpected) ensureSupervisor(directories);
}

/** Returns without the lock: a shell has it that sleeps, or nobody is left to be checked. */
async function supervise(directories: Directories, lock: FileLock): Promise<"asleep" | "nobody-left"> {
  using held = lock;
  using alarm = new Alarm();
  noteSupervisor(directories);
  const running = new Map<string, Promise<void>>();
  for (;;) {
    const { patients, areAnyExpected } = findPatients(directories);
    for (const patient of patients) {
      const { id } = patient.record;
      if (patient.state.nextAt > bootClock() || running.has(id)) continue;
      running.set(
        id,
        examine(directories, patient).finally(() => running.delete(id)),
      );
    }
    if (patients.length === 0 && running.size === 0 && !areAnyExpected) return "nobody-left";
    const waiting = patients.filter(({ record }) => !running.has(record.id));
    const pauseMs = Math.min(pauseUntilNext(waiting), areAnyExpected ? startingPauseMs : longestSleepMs);
    if (running.size === 0 && pauseMs >= shortestSleepMs && !alarm.hasRung) {
      await leaveToShell(directories, held, pauseMs);
      // Who was started before the shell could be woken up is seen now.
      const now = findPatients(directories);
      if (now.areAnyExpected || pauseUntilNext(now.patients) < pauseMs - shortestSleepMs)
        wakeSupervisor(directories);
      return "asleep";
    }
    await alarm.waitFor([...running.values(), delay(pauseMs)]);
  }
}

/** Containers that are to be checked, and whether there are some that will soon have to be. */
function findPatients(directories: Directories): {
  readonly patients: readonly Patient[];
  readonly areAnyExpected: boolean;
} {
  const patients: Patient[] = [];
  let areAnyExpected = false;
  for (const record of listContainers(directories).records) {
    if (!record.health) continue;
    const state = readState(directories, record);
    if (state.kind === "starting") areAnyExpected = true;
    const startTime = state.kind === "running" ? readStartTime(state.pid) : undefined;
    if (startTime === undefined) continue;
    const startedAt = startTime / ticksPerSecond;
    const health = readHealth(containerPaths(directories, record.id));
    const present = health ?? initialHealth(record.health, startedAt);
    patients.push({ record, check: record.health, state: present, startedAt });
  }
  return { patients, areAnyExpected };
}

/** In milliseconds; the longest pause when there is nobody to wait for. */
function pauseUntilNext(patients: readonly Patient[]): number {
  const now = bootClock();
  const pauses = patients.map(({ state }) => Math.max(0, (state.nextAt - now) * 1000));
  return Math.min(longestSleepMs, ...pauses);
}

/** Runs a check, keeps its outcome, and does what is to be done about it. */
async function examine(directories: Directories, patient: Patient): Promise<void> {
  const { record, check, state, startedAt } = patient;
  const paths = containerPaths(directories, record.id);
  const life = readLife(paths)?.number;
  const ranMs = (bootClock() - startedAt) * 1000;
  const result = await runProbe(directories, record, check);
  // What has ended or begun anew meanwhile was not what was looked at.
  if (readState(directories, record).kind !== "running" || readLife(paths)?.number !== life) return;
  const next = afterProbe(check, state, result, { now: bootClock(), ranMs });
  writeHealth(paths, next);
  if (next.status === state.status) return;
  noteContainer(directories, readRecord(directories, record.id) ?? record, `health_status: ${next.status}`);
  if (next.status === "unhealthy") await treat(directories, record, check.onFailure);
}

async function treat(
  directories: Directories,
  record: ContainerRecord,
  action: HealthCheck["onFailure"],
): Promise<void> {
  const patienceMs = record.stopTimeoutSeconds * 1000;
  try {
    // A kill is no wish for the end: a restart policy acts on it.
    if (action === "kill") signalInit(directories, record, kill);
    else if (action === "stop") await stopContainer(directories, record, { patienceMs });
    else if (action === "restart") await restartContainer(directories, record, { patienceMs });
  } catch (error) {
    // Somebody else was faster with stopping or removing it; or it cannot be started, which its state says.
    if (!(error instanceof CntnrError)) throw error;
  }
}

/** Starts the shell that sleeps for us, and notes that it is to be woken up. */
async function leaveToShell(directories: Directories, lock: FileLock, pauseMs: number): Promise<void> {
  const words = [String(pauseMs / 1000), ...supervisorCommand(directories), "--inherited"];
  const shell = spawn("sh", ["-c", sleepScript, ...words], {
    stdio: ["ignore", "pipe", "ignore", lock.fd],
    detached: true,
  });
  await new Promise<void>((resolve, reject) => {
    const limit = setTimeout(
      () => reject(new CntnrError("timeout", "a shell does not start")),
      shellTimeoutMs,
    );
    shell.once("error", reject);
    shell.stdout?.once("data", () => {
      clearTimeout(limit);
      resolve();
    });
  });
  shell.unref();
  const pid = shell.pid ?? 0;
  noteSupervisor(directories, { pid, startTime: readStartTime(pid) ?? 0 });
}

/** The signal by which others say that a container was started. */
class Alarm implements Disposable {
  #rung = Promise.withResolvers<void>();
  #hasRung = false;

  constructor() {
    process.on(wakeSignal, this.#ring);
  }

  readonly #ring = () => {
    this.#hasRung = true;
    this.#rung.resolve();
  };

  /** Since the last wait. */
  get hasRung(): boolean {
    return this.#hasRung;
  }

  /** Waits for one of the promises, or for the alarm. */
  async waitFor(others: readonly Promise<void>[]): Promise<void> {
    await Promise.race([...others, this.#rung.promise]);
    this.#hasRung = false;
    this.#rung = Promise.withResolvers<void>();
  }

  [Symbol.dispose](): void {
    // Until the process ends, a late signal must not end it.
    process.removeListener(wakeSignal, this.#ring);
    process.on(wakeSignal, () => undefined);
  }
}
