import { lstatSync, mkdirSync } from "node:fs";
import { userInfo } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { CntnrError, hasErrno, messageOf } from "../errors/cntnr-error.ts";
import { openFormat } from "./format.ts";

/**
 * Where everything of one user's is kept.
 *
 *     <data>/format             how all this is laid out (format.ts)
 *     <data>/images/            OCI image layout shared by all images (blobs/sha256, index.json)
 *     <data>/layers/<diffID>/   one unpacked layer each
 *     <data>/l/<short>          links to layers: the mount options of an overlay have room for 4096 bytes
 *     <data>/containers/<id>/   record, bundle (config.json), overlay upper and work directories, logs
 *     <data>/build/             what builds remember of steps, and the directories of their cache mounts
 *     <data>/events.jsonl       what has happened
 *     <data>/volumes/<name>/    a volume each
 *     <data>/bundles/<name>/    a bundle each, and its record
 *     <data>/tmp/               half-made things, renamed into place when whole
 *     <run>/runc/               runc's own state (--root)
 *     <run>/attachments/        what netd answered, by container id
 *     <run>/exits/              exit codes by container id, for those who wait for a container that removes itself
 *     <run>/execs/<session>/    files of commands that run in containers beside their own
 */
export interface Directories {
  readonly data: string;
  readonly images: string;
  readonly layers: string;
  readonly layerLinks: string;
  readonly containers: string;
  readonly build: string;
  readonly volumes: string;
  readonly bundles: string;
  readonly tmp: string;
  /** State that dies with the boot. */
  readonly run: string;
  readonly runcRoot: string;
  readonly attachments: string;
  readonly exits: string;
  readonly execs: string;
}

export interface DirectoryOptions {
  /** `--store-dir`; default $XDG_DATA_HOME/cntnr, else ~/.local/share/cntnr. */
  readonly storeDir?: string;
  /** `--state-dir`; default $XDG_RUNTIME_DIR/cntnr, else /run/user/<uid>/cntnr, else /tmp/cntnr-run-<uid>. */
  readonly stateDir?: string;
}

/**
 * Finds and creates the user's directories, mode 0700. Throws CntnrError `usage` for a name that cannot be one, `engine` when one
 * cannot be made or belongs to somebody else.
 */
export function openDirectories(options: DirectoryOptions, env: NodeJS.ProcessEnv): Directories {
  const data = givenDirectory("--store-dir", options.storeDir) ?? join(dataHome(env), "cntnr");
  const run = givenDirectory("--state-dir", options.stateDir) ?? defaultStateDir(env);
  const directories: Directories = {
    data,
    images: join(data, "images"),
    layers: join(data, "layers"),
    layerLinks: join(data, "l"),
    containers: join(data, "containers"),
    build: join(data, "build"),
    volumes: join(data, "volumes"),
    bundles: join(data, "bundles"),
    tmp: join(data, "tmp"),
    run,
    runcRoot: join(run, "runc"),
    attachments: join(run, "attachments"),
    exits: join(run, "exits"),
    execs: join(run, "execs"),
  };
  makePrivate(data, "--store-dir");
  openFormat(data);
  makePrivate(run, "--state-dir");
  for (const path of Object.values(directories))
    if (path !== data && path !== run) mkdirSync(path, { recursive: true });
  return directories;
}

/** Absolute, because what is kept in it names files of its own: other processes and later ones have other working directories. */
function givenDirectory(flag: string, path: string | undefined): string | undefined {
  if (path === "") throw new CntnrError("usage", `${flag} is empty: name a directory`);
  return path === undefined ? undefined : resolve(path);
}

function dataHome(env: NodeJS.ProcessEnv): string {
  // The XDG base directory specification: relative paths are invalid and to be ignored.
  if (env.XDG_DATA_HOME && isAbsolute(env.XDG_DATA_HOME)) return env.XDG_DATA_HOME;
  const home = env.HOME && isAbsolute(env.HOME) ? env.HOME : userInfo().homedir;
  return join(home, ".local/share");
}

function defaultStateDir(env: NodeJS.ProcessEnv): string {
  const uid = process.getuid?.() ?? 0;
  if (env.XDG_RUNTIME_DIR && isAbsolute(env.XDG_RUNTIME_DIR)) return join(env.XDG_RUNTIME_DIR, "cntnr");
  const login = `/run/user/${uid}`;
  if (lstatSync(login, { throwIfNoEntry: false })?.uid === uid) return join(login, "cntnr");
  return stateWithoutRuntimeDirectory(uid);
}

/** Where state goes of a user without a runtime directory. */
export function stateWithoutRuntimeDirectory(uid: number): string {
  return `/tmp/cntnr-run-${uid}`;
}

/** Creates a directory for this user alone; refuses one that another user put there first (/tmp). */
function makePrivate(path: string, flag: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    if (!hasErrno(error, "EACCES", "EPERM", "EROFS", "EEXIST", "ENOTDIR", "ENOENT", "ENAMETOOLONG", "ENOSPC"))
      throw error;
    const reason = messageOf(error).replace(/, mkdir .*$/s, "");
    throw new CntnrError(
      "engine",
      `the directory ${path} cannot be made (${reason}): ${flag} names another place`,
      {
        cause: error,
      },
    );
  }
  const status = lstatSync(path);
  if (!status.isDirectory() || status.uid !== process.getuid?.() || (status.mode & 0o022) !== 0)
    throw new CntnrError(
      "engine",
      `${path}: not a private directory of yours (owner, mode or type is wrong); move it away`,
    );
}
