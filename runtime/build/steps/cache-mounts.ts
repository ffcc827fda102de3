import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { CntnrError } from "../../errors/cntnr-error.ts";
import { cacheMountFolder, touchCacheMount } from "../../store/cache-mounts.ts";
import type { Directories } from "../../store/directories.ts";
import type { TemporaryKey } from "../../store/temporary.ts";
import { type FileLock, lockFile, tryLockFile } from "../../sys/file-lock.ts";
import type { IdMappings } from "../../userns/id-mappings.ts";
import { runInUserNamespace } from "../../userns/run-in-user-namespace.ts";
import type { Mount } from "../dockerfile/mount.ts";

type CacheMount = Extract<Mount, { type: "cache" }>;

/** A cache directory in use. */
export interface UsedCache extends Disposable {
  readonly path: string;
}

export interface CacheSurroundings {
  readonly directories: Directories;
  /** Of what is half-made. */
  readonly key: TemporaryKey;
  readonly mappings: IdMappings;
  readonly signal: AbortSignal;
}

/** What a new cache directory begins with: what `from` has. */
export interface CacheBeginning {
  /** A sum of it. */
  readonly sum: string;
  readonly fill: (directory: string) => Promise<void>;
}

const mostPrivate = 1000;
const chownTimeoutMs = 60_000;

/**
 * What the directory of a cache mount is found by again: its id, and as in BuildKit all that it would begin with, so that nobody gets
 * one that began otherwise.
 */
export function cacheName({ id, uid, gid, mode }: CacheMount, beginning: CacheBeginning | undefined): string {
  return createHash("sha256")
    .update(JSON.stringify([id, uid, gid, mode, beginning?.sum ?? null]))
    .digest("hex");
}

/**
 * The directory of a cache mount, made when it is not there. `shared`: others may use it, too. `locked`: waits until nobody
 * does. `private`: another one when somebody does.
 */
export async function takeCache(
  { directories, key, mappings, signal }: CacheSurroundings,
  mount: CacheMount,
  beginning: CacheBeginning | undefined,
): Promise<UsedCache> {
  const folder = cacheMountFolder(directories);
  mkdirSync(folder, { recursive: true });
  const name = cacheName(mount, beginning);
  const { path, lock } = await takeDirectory(join(folder, name), mount.sharing, signal);
  try {
    touchCacheMount(path);
    if (!existsSync(path)) await makeCache(key, path, mount, mappings, beginning);
    return { path: join(path, "tree"), [Symbol.dispose]: () => lock[Symbol.dispose]() };
  } catch (error) {
    lock[Symbol.dispose]();
    throw error;
  }
}

async function takeDirectory(
  path: string,
  sharing: CacheMount["sharing"],
  signal: AbortSignal,
): Promise<{ path: string; lock: FileLock }> {
  if (sharing !== "private") {
    const mode = sharing === "shared" ? "shared" : "exclusive";
    return { path, lock: await lockFile(`${path}.lock`, mode, { signal }) };
  }
  for (let number = 0; number < mostPrivate; number++) {
    const candidate = number === 0 ? path : `${path}-${number}`;
    const lock = tryLockFile(`${candidate}.lock`, "exclusive");
    if (lock) return { path: candidate, lock };
  }
  throw new CntnrError("unavailable", `more than ${mostPrivate} builds use this cache mount`);
}

/** Appears whole, by a rename: of two that make it at once, the second finds that it is there. */
async function makeCache(
  key: TemporaryKey,
  path: string,
  mount: CacheMount,
  mappings: IdMappings,
  beginning: CacheBeginning | undefined,
): Promise<void> {
  await using temporary = key.openDirectory(mappings);
  const tree = join(temporary.path, "tree");
  mkdirSync(tree);
  await beginning?.fill(tree);
  chmodSync(tree, mount.mode);
  await giveTo(tree, mount, mappings);
  if (!existsSync(path)) renameSync(temporary.path, path);
}

/** Gives a file of ours to a user of the container. With one mapped id there is only one. */
export async function giveTo(
  path: string,
  { uid, gid }: { readonly uid: number; readonly gid: number },
  mappings: IdMappings,
): Promise<void> {
  if ((uid === 0 && gid === 0) || !mappings.subordinate) return;
  const argv = ["chown", "--no-dereference", `${uid}:${gid}`, "--", path] as const;
  const { exitCode, stderr } = await runInUserNamespace(mappings, argv, { timeoutMs: chownTimeoutMs });
  if (exitCode !== 0)
    throw new CntnrError(
      "build",
      `owner ${uid}:${gid} cannot be had: ${stderr.trim().split("\n").at(-1) ?? ""}`,
    );
}
