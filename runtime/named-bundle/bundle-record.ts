import { existsSync, readdirSync, realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import * as v from "valibot";
import { mountSchema, runtimeFlags } from "../container/container-record.ts";
import { CntnrError, messageOf } from "../errors/cntnr-error.ts";
import type { Directories } from "../store/directories.ts";
import { refuseNewer, versionOf } from "../store/format.ts";
import { type FileLock, tryLockFile } from "../sys/file-lock.ts";
import { sha256Hex } from "../sys/random.ts";
import { readIfThere } from "../sys/read-text.ts";

const strings = v.pipe(v.array(v.string()), v.readonly());

const recordSchema = v.object({
  version: v.literal(1),
  name: v.string(),
  /** Absolute path of the bundle. */
  directory: v.string(),
  image: v.string(),
  imageId: v.string(),
  command: strings,
  /** RFC 3339. */
  createdAt: v.string(),
  updatedAt: v.string(),
  /** A sum of all that the bundle follows from. */
  inputs: v.string(),
  root: v.picklist(["overlay", "copy"]),
  runtimeFlags: v.pipe(v.array(v.picklist(runtimeFlags)), v.readonly()),
  tty: v.boolean(),
  stdin: v.boolean(),
  mounts: v.pipe(v.array(mountSchema), v.readonly()),
  /** Paths in <data>/l that its overlay is made of; none of a copy. */
  layers: strings,
});

/** What is known of a bundle. */
export type BundleRecord = Readonly<v.InferOutput<typeof recordSchema>>;

/** How a bundle is called, and where it is. */
export interface BundlePlace {
  readonly name: string;
  readonly directory: string;
}

/** `-b NAME`, or with a slash in it a directory of one's own, which is called after itself and a sum of its path. Throws CntnrError. */
export function placeOfBundle(directories: Directories, text: string): BundlePlace {
  if (!text.includes("/")) {
    if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$/.test(text))
      throw new CntnrError(
        "usage",
        `-b "${text}" is neither the name of a bundle nor the path of a directory`,
      );
    return { name: text, directory: join(directories.bundles, text) };
  }
  const asked = resolve(text);
  const parent = existsSync(dirname(asked)) ? realpathSync(dirname(asked)) : dirname(asked);
  const directory = join(parent, basename(asked));
  const sum = sha256Hex(directory).slice(0, 8);
  const word = basename(directory).replace(/[^a-zA-Z0-9_.-]/g, "_");
  return { name: `dir-${word.slice(0, 100)}-${sum}`, directory };
}

export function bundleRecordPath(directories: Directories, name: string): string {
  return join(directories.bundles, `${name}.json`);
}

/** Undefined when there is no such bundle. Throws CntnrError `corrupt`, and `unsupported` for one of a newer program. */
export function readBundle(directories: Directories, name: string): BundleRecord | undefined {
  const path = bundleRecordPath(directories, name);
  const text = readIfThere(path);
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    refuseNewer(path, "version", versionOf(value), 1);
    return v.parse(recordSchema, value);
  } catch (error) {
    if (error instanceof CntnrError) throw error;
    throw new CntnrError(
      "corrupt",
      `${path} is damaged: ${messageOf(error)}; \`cntnr bundle rm -f\` removes it`,
      {
        cause: error,
      },
    );
  }
}

/** Throws CntnrError `not-found`. */
export function findBundle(directories: Directories, text: string): BundleRecord {
  const record = readBundle(directories, placeOfBundle(directories, text).name);
  if (record) return record;
  throw new CntnrError("not-found", `there is no bundle ${text} (\`cntnr bundle ls\` lists them)`);
}

/** All bundles by name, and why some cannot be read. */
export function listBundles(directories: Directories): {
  readonly bundles: readonly BundleRecord[];
  readonly damaged: readonly CntnrError[];
} {
  const bundles: BundleRecord[] = [];
  const damaged: CntnrError[] = [];
  for (const file of readdirSync(directories.bundles).sort()) {
    if (!file.endsWith(".json")) continue;
    try {
      const record = readBundle(directories, file.slice(0, -".json".length));
      if (record) bundles.push(record);
    } catch (error) {
      if (!(error instanceof CntnrError)) throw error;
      damaged.push(error);
    }
  }
  return { bundles, damaged };
}

/** All bundles, for the collection of garbage. Throws when a record cannot be read: better keep all. */
export function readAllBundles(directories: Directories): readonly BundleRecord[] {
  const { bundles, damaged } = listBundles(directories);
  if (damaged[0]) throw damaged[0];
  return bundles;
}

/** A bundle that is not whole has been cut off while it was made, changed or removed; or somebody has taken it away. */
export function isWhole({ directory }: BundleRecord): boolean {
  return existsSync(join(directory, "config.json"));
}

/** The right to do something to a bundle. Throws CntnrError `conflict` while somebody else does or runs it. */
export function lockBundle(directories: Directories, name: string): FileLock {
  const lock = tryLockBundle(directories, name);
  if (lock) return lock;
  throw new CntnrError("conflict", `bundle ${name} is running, or being changed by somebody else`);
}

export function tryLockBundle(directories: Directories, name: string): FileLock | undefined {
  return tryLockFile(join(directories.bundles, `${name}.lock`), "exclusive");
}
