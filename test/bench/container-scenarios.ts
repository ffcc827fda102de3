import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { hasErrno } from "../../runtime/errors/cntnr-error.ts";
import { type Bench, commandsOf, type Scenario, type ScenarioMaker } from "./scenario.ts";
import { timeCalls } from "./time-calls.ts";

export const containerScenarioMakers: Readonly<Record<string, ScenarioMaker>> = {
  "run-host": runOnHostNetwork,
  exec: execInRunning,
  "ps-200": listMany,
  memory: memoryOfDetached,
};

async function runOnHostNetwork(bench: Bench): Promise<Scenario> {
  const { shell, small, user } = bench;
  // A container that is kept has the bundle that cntnr runs; the stop-watch then runs it without cntnr.
  await shell(`cntnr run --name kept ${small} true`);
  const containers = `${user.home}/.local/share/cntnr/containers`;
  const bundle = (await shell(`dirname "$(find ${containers} -name config.json)"`)).trim();
  if (bundle === "" || bundle.includes("\n"))
    throw new Error(`${containers}: there is not exactly one bundle`);
  const podman = `podman run --rm --network host ${plain(small)} true`;
  return {
    id: "run-host",
    title: "run `true`, the host's network",
    time: commandsOf(bench, [
      { name: "cntnr run", command: `cntnr run --rm --network host ${small} true` },
      { name: "podman run", command: podman },
      { name: "runc run", command: `runc --root "$XDG_RUNTIME_DIR/bare" run --bundle ${bundle} bare` },
    ]),
    bounds: [
      { peer: "podman run", atMost: 0.4 },
      { peer: "runc run", atMost: 1.6 },
    ],
    isPull: false,
  };
}

async function execInRunning(bench: Bench): Promise<Scenario> {
  const { shell, small } = bench;
  await shell(`cntnr run -d --name busy-exec --network host ${small} sleep 3600`);
  await shell(`podman run -d --name busy-exec --network host ${plain(small)} sleep 3600`);
  return {
    id: "exec",
    title: "exec `true` in a running container",
    time: commandsOf(bench, [
      { name: "cntnr exec", command: "cntnr exec busy-exec true" },
      { name: "podman exec", command: "podman exec busy-exec true" },
    ]),
    bounds: [{ peer: "podman exec", atMost: 0.4 }],
    isPull: false,
  };
}

const listed = 200;

/** They are made and not started, on both sides: what is compared is how long it takes to tell of them. */
async function listMany(bench: Bench): Promise<Scenario> {
  const { shell, small } = bench;
  const times = (command: string) =>
    shell(`for i in $(seq ${listed}); do ${command} >/dev/null || exit 1; done`);
  await times(`cntnr create ${small} true`);
  await times(`podman create ${plain(small)} true`);
  return {
    id: "ps-200",
    title: `list ${listed} containers`,
    time: commandsOf(bench, [
      { name: "cntnr ps -a", command: "cntnr ps -a" },
      { name: "podman ps -a", command: "podman ps -a" },
      { name: "cntnr ps", command: "cntnr ps" },
      { name: "podman ps", command: "podman ps" },
    ]),
    bounds: [{ peer: "podman ps -a", atMost: 0.4 }],
    isPull: false,
  };
}

const detached = 20;

/** What is left running for a container beside its own processes: proportional set size, a container. */
async function memoryOfDetached(bench: Bench): Promise<Scenario> {
  const { small } = bench;
  const measure = (engine: string, start: string) => () => memoryBeside(bench, engine, start);
  const sleep = "sleep 3600";
  return {
    id: "memory",
    title: `memory beside each of ${detached} detached containers`,
    unit: "kB",
    time: (rounds) =>
      timeCalls(
        [
          { name: "cntnr run -d", call: measure("cntnr", `cntnr run -d ${small} ${sleep}`) },
          { name: "podman run -d", call: measure("podman", `podman run -d ${plain(small)} ${sleep}`) },
          {
            name: "cntnr run -d, with health checks",
            call: measure("cntnr", `cntnr run -d --health-cmd true --health-interval 1h ${small} ${sleep}`),
          },
        ],
        rounds,
      ),
    bounds: [{ atMost: 4096 }],
    isPull: true,
  };
}

async function memoryBeside(bench: Bench, engine: string, start: string): Promise<number> {
  const { host, shell } = bench;
  const before = new Set(processesOf(host.place.cgroupProcs));
  await shell(`for i in $(seq ${detached}); do ${start} || exit 1; done`);
  const own = readlinkSync("/proc/self/ns/pid");
  const started = processesOf(host.place.cgroupProcs).filter((pid) => !before.has(pid));
  const sizes = started.map((pid) =>
    readIfThere(() => (readlinkSync(`/proc/${pid}/ns/pid`) === own ? proportionalSizeOf(pid) : 0)),
  );
  await shell(`${engine} kill $(${engine} ps -q) && ${engine} rm -f $(${engine} ps -aq)`);
  return sizes.reduce((sum, size) => sum + size, 0) / detached;
}

/** The ids of all processes in a cgroup and those below it. */
function processesOf(procsFile: string): string[] {
  const cgroup = dirname(procsFile);
  const folders = readdirSync(cgroup, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name));
  return [cgroup, ...folders].flatMap((folder) =>
    readFileSync(join(folder, "cgroup.procs"), "utf8")
      .split("\n")
      .filter((line) => line !== ""),
  );
}

/** In kB (proc_pid_smaps(5)). */
function proportionalSizeOf(pid: string): number {
  const [, size] = /^Pss:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8")) ?? [];
  return Number(size ?? 0);
}

/** 0 for a process that has ended. */
function readIfThere(read: () => number): number {
  try {
    return read();
  } catch (error) {
    if (hasErrno(error, "ENOENT", "ESRCH")) return 0;
    throw error;
  }
}

function plain(image: string): string {
  return image.replace("docker://", "");
}
