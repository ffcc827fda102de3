import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { isMakerAlive, ownMark } from "../container/process-identity.ts";
import { CntnrError, hasErrno, messageOf } from "../errors/cntnr-error.ts";
import { recordEvent } from "../events/event-log.ts";
import type { Directories } from "../store/directories.ts";
import { refuseNewer, versionOf } from "../store/format.ts";
import { type FileLock, type LockMode, lockFile } from "../sys/file-lock.ts";
import { randomHex } from "../sys/random.ts";

const words = v.pipe(v.record(v.string(), v.string()), v.readonly());

const recordSchema = v.object({
  version: v.literal(1),
  name: v.string(),
  /** RFC 3339. */
  createdAt: v.string(),
  /** Made because a container needed one; nobody has named it. */
  anonymous: v.boolean(),
  labels: words,
  /** `-o` of docker's local driver: type, o, device. */
  options: words,
});

/** What is known of a volume; it never changes. */
export type VolumeRecord = Readonly<v.InferOutput<typeof recordSchema>>;

export interface VolumePaths {
  readonly directory: string;
  readonly record: string;
  /** What is mounted. */
  readonly data: string;
  /** There while an image's content is copied into it. */
  readonly populating: string;
  readonly lock: string;
}

/** Directories with a dot in front are no volumes, but being made or removed. */
const unfinishedPattern = /^\.[a-f0-9]{16}(?:\.(\d+-\d+))?$/;
const lockPatienceMs = 120_000;

/** Docker's rule for names. Throws CntnrError `usage`. */
export function checkVolumeName(name: string): string {
  if (/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,254}$/.test(name)) return name;
  throw new CntnrError(
    "usage",
    `"${name}" cannot be the name of a volume: letters, digits, _ . and -, beginning with a letter or digit`,
  );
}

export function newAnonymousName(): string {
  return randomHex(32);
}

export function volumePaths(directories: Directories, name: string): VolumePaths {
  const directory = join(directories.volumes, checkVolumeName(name));
  return {
    directory,
    record: join(directory, "volume.json"),
    data: join(directory, "data"),
    populating: join(directory, "populating"),
    lock: join(directory, "lock"),
  };
}

/** See README.md, `volumes.lock`. */
export function lockVolumes(directories: Directories, mode: LockMode): Promise<FileLock> {
  return lockFile(`${directories.volumes}.lock`, mode, { timeoutMs: lockPatienceMs });
}

export interface VolumeRequest {
  readonly name: string;
  readonly anonymous: boolean;
  readonly labels?: Readonly<Record<string, string>>;
  readonly options?: Readonly<Record<string, string>>;
}

/** Makes a volume, or finds the one of that name. Throws CntnrError `conflict` for one with other options. */
export function createVolume(directories: Directories, request: VolumeRequest): VolumeRecord {
  const { name, anonymous, labels = {}, options = {} } = request;
  const paths = volumePaths(directories, name);
  const existing = readVolume(directories, name);
  if (existing) return checkSame(existing, options);
  const unfinished = unfinishedPath(directories);
  const record: VolumeRecord = {
    version: 1,
    name,
    createdAt: new Date().toISOString(),
    anonymous,
    labels,
    options,
  };
  try {
    mkdirSync(join(unfinished, "data"), { recursive: true, mode: 0o755 });
    writeFileSync(join(unfinished, "volume.json"), JSON.stringify(record), { mode: 0o600 });
    renameSync(unfinished, paths.directory);
    noteVolume(directories, "create", name);
    return record;
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    const faster = hasErrno(error, "ENOTEMPTY", "EEXIST") ? readVolume(directories, name) : undefined;
    if (faster) return checkSame(faster, options);
    throw error;
  }
}

function noteVolume(directories: Directories, action: "create" | "destroy", name: string): void {
  recordEvent(directories, { type: "volume", action, id: name, attributes: { driver: "local" } });
}

function checkSame(existing: VolumeRecord, options: VolumeRecord["options"]): VolumeRecord {
  const isSame = Object.keys(options).every((key) => options[key] === existing.options[key]);
  if (isSame) return existing;
  throw new CntnrError("conflict", `there is a volume ${existing.name} already, with other options`);
}

function unfinishedPath(directories: Directories): string {
  return join(directories.volumes, `.${randomHex(8)}.${ownMark()}`);
}

/** Undefined when there is no such volume. Throws CntnrError `corrupt` for one whose record cannot be read. */
export function readVolume(directories: Directories, name: string): VolumeRecord | undefined {
  const { record: path } = volumePaths(directories, name);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if (hasErrno(error, "ENOENT", "ENOTDIR")) return undefined;
    throw error;
  }
  try {
    const value: unknown = JSON.parse(text);
    refuseNewer(path, "version", versionOf(value), 1);
    const record = v.parse(recordSchema, value);
    if (record.name === name) return record;
  } catch (error) {
    if (error instanceof CntnrError) throw error;
    throw new CntnrError("corrupt", `${path} is damaged: ${messageOf(error)}`, { cause: error });
  }
  throw new CntnrError("corrupt", `${path} is the record of another volume`);
}

/** Throws CntnrError `not-found`. */
export function findVolume(directories: Directories, name: string): VolumeRecord {
  const record = readVolume(directories, name);
  if (record) return record;
  throw new CntnrError("not-found", `there is no volume ${name} (\`cntnr volume ls\` lists them)`);
}

/** All volumes by name, and why some cannot be read. */
export function listVolumes(directories: Directories): {
  readonly volumes: readonly VolumeRecord[];
  readonly damaged: readonly CntnrError[];
} {
  const volumes: VolumeRecord[] = [];
  const damaged: CntnrError[] = [];
  for (const name of readdirSync(directories.volumes).sort()) {
    if (name.startsWith(".")) continue;
    try {
      const record = readVolume(directories, name);
      if (record) volumes.push(record);
    } catch (error) {
      if (!(error instanceof CntnrError)) throw error;
      damaged.push(error);
    }
  }
  return { volumes, damaged };
}

/** Takes a volume away by one rename; returns what is then to be removed. Under the exclusive lock. */
export function withdrawVolume(directories: Directories, name: string): string {
  const withdrawn = unfinishedPath(directories);
  renameSync(volumePaths(directories, name).directory, withdrawn);
  noteVolume(directories, "destroy", name);
  return withdrawn;
}

/** What killed processes have left: volumes that were never made, or not yet removed. */
export function unfinishedVolumes(directories: Directories): string[] {
  return readdirSync(directories.volumes).flatMap((name) => {
    const [found, maker = ""] = unfinishedPattern.exec(name) ?? [];
    return found !== undefined && !isMakerAlive(maker) ? [join(directories.volumes, name)] : [];
  });
}
