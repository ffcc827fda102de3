import type { ContainerRecord } from "../container/container-record.ts";

/** What Restart= may be. */
export const unitRestarts = [
  "no",
  "on-success",
  "on-failure",
  "on-abnormal",
  "on-watchdog",
  "on-abort",
  "always",
] as const;

export type UnitRestart = (typeof unitRestarts)[number];

export interface UnitOptions {
  /** Absolute path of cntnr, and its flags before the command. */
  readonly program: readonly string[];
  /** What the unit calls the container. */
  readonly container: string;
  readonly restart: UnitRestart;
  /** Seconds. */
  readonly restartDelay?: number;
  /** How long `cntnr stop` waits before it kills, in seconds. */
  readonly stopSeconds: number;
  /** Make a new container at each start: the words of its `cntnr run`, without name and image's policy of restarts. */
  readonly runWords?: readonly string[];
  readonly wants: readonly string[];
  readonly after: readonly string[];
  readonly requires: readonly string[];
}

/** Beyond the time to stop: networks are detached after the container's end. */
const stopMarginSeconds = 60;
const pullSeconds = 900;
/** systemd's user managers have no directories of administrators in PATH, but Debian has runc there. */
const path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** A unit of systemd for a container: pure (systemd.unit(5), systemd.service(5)). */
export function generateUnit(record: Pick<ContainerRecord, "id" | "image">, options: UnitOptions): string {
  const { container, program, stopSeconds } = options;
  const command = (...words: readonly string[]) => [...program, ...words].map(quote).join(" ");
  const start = options.runWords
    ? [
        `ExecStartPre=${command("rm", "--force", container)}`,
        `ExecStart=${command("run", "--detach", "--sdnotify=conmon", "--name", container, ...options.runWords)}`,
      ]
    : [`ExecStart=${command("start", "--sdnotify=conmon", container)}`];
  const remove = options.runWords ? [`ExecStopPost=${command("rm", "--force", container)}`] : [];
  const restartDelay = options.restartDelay === undefined ? [] : [`RestartSec=${options.restartDelay}`];
  return `${[
    "[Unit]",
    `Description=Container ${escapeSpecifiers(container)} (${escapeSpecifiers(record.image)})`,
    "Wants=network-online.target",
    "After=network-online.target",
    ...options.wants.map((unit) => `Wants=${unit}`),
    ...options.after.map((unit) => `After=${unit}`),
    ...options.requires.map((unit) => `Requires=${unit}`),
    "",
    "[Service]",
    "Type=notify",
    // conmon is not a child of ours any more when it is told of.
    "NotifyAccess=all",
    `Environment=PATH=${path}`,
    `Restart=${options.restart}`,
    ...restartDelay,
    // The image may have to be pulled.
    ...(options.runWords ? [`TimeoutStartSec=${pullSeconds}`] : []),
    `TimeoutStopSec=${Math.max(0, stopSeconds) + stopMarginSeconds}`,
    ...start,
    `ExecStop=${command("stop", `--time=${stopSeconds}`, container)}`,
    ...remove,
    // conmon and the runtime end by themselves, after they have cleaned up.
    "KillMode=mixed",
    "",
    "[Install]",
    "WantedBy=default.target",
  ].join("\n")}\n`;
}

/** A word of a command line of systemd's (systemd.service(5), "Command lines"). */
function quote(word: string): string {
  const escaped = escapeSpecifiers(word).replaceAll("$", "$$$$");
  if (/^[A-Za-z0-9_@%+=:,./-]+$/.test(escaped)) return escaped;
  const inner = escaped
    .replaceAll("\\", "\\\\")
    .replaceAll('"', '\\"')
    .replaceAll("\n", "\\n")
    .replaceAll("\t", "\\t");
  return `"${inner}"`;
}

function escapeSpecifiers(text: string): string {
  return text.replaceAll("%", "%%");
}
