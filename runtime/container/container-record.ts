import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { CntnrError, hasErrno, messageOf } from "../errors/cntnr-error.ts";
import { healthCheckSchema } from "../health/health-check.ts";
import { networkRequestSchema } from "../network/network-request.ts";
import type { Directories } from "../store/directories.ts";
import { refuseNewer, versionOf } from "../store/format.ts";
import { replaceFile } from "../store/replace-file.ts";
import { type ContainerId, isContainerId } from "./container-id.ts";
import { identitySchema } from "./process-identity.ts";

/** `--sdnotify` */
export const notifyModes = ["conmon", "container", "healthy", "ignore"] as const;

export const restartPolicies = ["no", "on-failure", "always", "unless-stopped"] as const;

/** Flags of `runc run` and of conmon: for an initramfs as root, and for systems where a session keyring cannot be made. */
export const runtimeFlags = ["no-pivot", "no-new-keyring"] as const;

const strings = v.pipe(v.array(v.string()), v.readonly());

/** What is mounted in a container, as `inspect` shows it and `--volumes-from` takes it. */
export const mountSchema = v.variant("kind", [
  v.object({
    kind: v.literal("bind"),
    source: v.string(),
    destination: v.string(),
    readOnly: v.boolean(),
    options: strings,
  }),
  v.object({
    kind: v.literal("volume"),
    name: v.string(),
    destination: v.string(),
    readOnly: v.boolean(),
    options: strings,
  }),
  v.object({ kind: v.literal("tmpfs"), destination: v.string(), options: strings }),
]);

export type RecordedMount = Readonly<v.InferOutput<typeof mountSchema>>;

/** Raise it when what is written means something else to a program of the version before. */
export const recordVersion = 1;

const recordSchema = v.object({
  version: v.literal(recordVersion),
  id: v.custom<ContainerId>((value) => typeof value === "string" && isContainerId(value)),
  name: v.string(),
  image: v.string(),
  imageId: v.string(),
  /** What runs in it: entrypoint and arguments, as far as the request says. */
  command: strings,
  /** How many of these words are the entrypoint's. */
  entrypointWords: v.number(),
  /** RFC 3339. */
  createdAt: v.string(),
  bootId: v.string(),
  /** The cntnr that makes it. */
  creator: identitySchema,
  /** What `run` makes is started by it at once; what `create` makes waits for `start`. */
  madeBy: v.picklist(["run", "create"]),
  /** Goes away by itself when it has ended (--rm). */
  autoRemove: v.boolean(),
  tty: v.boolean(),
  stdin: v.boolean(),
  /** Standard input ends with the first who is attached to it. */
  stdinOnce: v.boolean(),
  stopSignal: v.string(),
  /** How long `stop` and `restart` wait before they kill; negative: for ever. */
  stopTimeoutSeconds: v.number(),
  restart: v.object({
    policy: v.picklist(restartPolicies),
    /** Of on-failure; 0: no limit. */
    maximumRetries: v.number(),
  }),
  health: v.optional(healthCheckSchema),
  /** When it is ready as a service. */
  sdnotify: v.optional(v.picklist(notifyModes), "ignore"),
  /** The words of the command line that has made it, for units that make it anew. */
  createWords: v.optional(strings, []),
  labels: v.pipe(v.record(v.string(), v.string()), v.readonly()),
  network: v.variant("kind", [
    v.object({ kind: v.literal("host") }),
    v.object({ kind: v.literal("none") }),
    v.object({ kind: v.literal("container"), container: v.string() }),
    v.object({
      kind: v.literal("netd"),
      networks: v.pipe(v.array(networkRequestSchema), v.readonly()),
    }),
  ]),
  /** What the runtime is told beside the bundle when it makes the container. */
  runtimeFlags: v.optional(v.pipe(v.array(v.picklist(runtimeFlags)), v.readonly()), []),
  /** None may be removed from under it. */
  mounts: v.optional(v.pipe(v.array(mountSchema), v.readonly()), []),
  /** What becomes of its output: nothing is kept, or it is, in a file of at most so many bytes. */
  log: v.optional(
    v.variant("kind", [
      v.object({ kind: v.literal("none") }),
      v.object({ kind: v.literal("file"), maximumBytes: v.exactOptional(v.number()) }),
    ]),
    { kind: "file" },
  ),
  /** "80/tcp": where it is said to listen. */
  exposedPorts: v.optional(strings, []),
  /** Path of the runtime, where it is another one than the runc in PATH. */
  runtime: v.exactOptional(v.string()),
  /** It has no pid namespace of its own: nobody ends its processes with its first one. */
  sharesProcesses: v.optional(v.boolean(), false),
  /** The container whose namespaces it shares, and which therefore has to run first. */
  joins: v.exactOptional(v.string()),
  /** The user's ids in it (`--userns keep-id`), if he is not its root. */
  keptIds: v.exactOptional(v.object({ uid: v.number(), gid: v.number() })),
  /** Groups of `--group-add`, for which the runtime is started in the container's user namespace. */
  addedGroups: v.exactOptional(strings),
  /** The directory that is its /dev/shm, where it shares that with others. */
  sharedMemory: v.exactOptional(v.string()),
  /** Paths in <data>/l that its overlay is made of: they must not be collected as garbage. */
  layers: strings,
});

/** What is written of a container before anything else of it is there; only `rename` and `update` replace it. */
export type ContainerRecord = Readonly<v.InferOutput<typeof recordSchema>>;

/** The files of one container. */
export interface ContainerPaths {
  readonly directory: string;
  readonly record: string;
  /** OCI's configuration; with it, the bundle is complete. */
  readonly config: string;
  readonly life: string;
  /** There when its end is what somebody wanted, so that no restart policy acts. */
  readonly stopRequest: string;
  readonly pendingRestart: string;
  /** There while it is paused. */
  readonly pauseNote: string;
  /** How it is, by its health check. */
  readonly health: string;
  /** The exit code, written when it has ended. */
  readonly exit: string;
  /** A second one, which outlives the container. */
  readonly exitCopy: string;
  /** Written by conmon: its process id. */
  readonly conmonPid: string;
  /** conmon's socket of standard input and output, and its pipe for the terminal's size. */
  readonly attachSocket: string;
  readonly terminalControl: string;
  readonly initPid: string;
  /** Directory of the socket on which it says that it is ready. */
  readonly notify: string;
  readonly log: string;
  readonly runcLog: string;
  /** While runc is started, for its name. */
  readonly runtime: string;
  readonly runcState: string;
}

export function containerPaths(directories: Directories, id: ContainerId): ContainerPaths {
  // Not with join(), which looks into each: they are asked for several times of every container there is.
  const directory = `${directories.containers}/${id}`;
  return {
    directory,
    record: `${directory}/container.json`,
    config: `${directory}/config.json`,
    life: `${directory}/life.json`,
    stopRequest: `${directory}/stop-requested`,
    pendingRestart: `${directory}/restart.json`,
    pauseNote: `${directory}/paused.json`,
    health: `${directory}/health.json`,
    exit: `${directory}/exit`,
    exitCopy: `${directories.exits}/${id}`,
    conmonPid: `${directory}/conmon.pid`,
    attachSocket: `${directory}/attach`,
    terminalControl: `${directory}/ctl`,
    initPid: `${directory}/init.pid`,
    notify: `${directory}/notify`,
    log: `${directory}/log`,
    runcLog: `${directory}/runc.log`,
    runtime: `${directory}/runc`,
    runcState: `${directories.runcRoot}/${id}`,
  };
}

export function writeRecord(path: string, record: ContainerRecord): void {
  writeFileSync(path, JSON.stringify(record), { mode: 0o600 });
}

/** Puts another record in the place of a container's. Only under its lock. */
export function replaceRecord(directories: Directories, record: ContainerRecord): void {
  replaceFile(directories, containerPaths(directories, record.id).record, JSON.stringify(record));
}

/**
 * Reads a container's record; undefined when there is none. Throws CntnrError `corrupt` when it cannot be understood:
 * the machine stopped before it was on the disk, or somebody has changed it; `unsupported` when a newer program has written it.
 */
export function readRecord(directories: Directories, id: ContainerId): ContainerRecord | undefined {
  const path = join(directories.containers, id, "container.json");
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (hasErrno(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
  const value = parseJson(text, path);
  refuseNewer(path, "version", versionOf(value), recordVersion);
  const result = v.safeParse(recordSchema, value);
  if (!result.success) throw damaged(path, result.issues[0].message);
  if (result.output.id !== id) throw damaged(path, "it is the record of another container");
  return result.output;
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw damaged(path, messageOf(error));
  }
}

function damaged(path: string, reason: string): CntnrError {
  return new CntnrError(
    "corrupt",
    `${path}: the record is damaged (${reason}); \`cntnr rm -f\` with its id removes it`,
  );
}
