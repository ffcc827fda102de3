import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import * as v from "valibot";
import { exactJson, parseExactJson } from "../bundle/exact-json.ts";
import { rootTrees } from "../bundle/make-root.ts";
import { CntnrError } from "../errors/cntnr-error.ts";
import { mergeLayers } from "../merged-tree/merge-process.ts";
import type { Directories } from "../store/directories.ts";
import { newKey } from "../store/temporary.ts";
import type { IdMappings } from "../userns/id-mappings.ts";
import { loadIdMappings } from "../userns/load-id-mappings.ts";
import { runInUserNamespace } from "../userns/run-in-user-namespace.ts";
import { type BundleRecord, isWhole, lockBundle } from "./bundle-record.ts";

const packTimeoutMs = 60 * 60_000;
const configSchema = v.looseObject({
  mounts: v.array(v.looseObject({ destination: v.string(), source: v.optional(v.string()) })),
});

/**
 * Packs a bundle as a tar archive with one directory of its name, which needs neither our store nor us: the root file system is a
 * copy, with what a container has written to it. Owners are those of the ids that the bundle maps. Throws CntnrError.
 */
export async function exportBundle(
  directories: Directories,
  record: BundleRecord,
  file: string,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<void> {
  using _ = lockBundle(directories, record.name);
  if (!isWhole(record)) throw new CntnrError("corrupt", `bundle ${record.name} is not whole`);
  const mappings = loadIdMappings();
  using key = await newKey(directories, "bundle");
  try {
    const stage = key.makeDirectory();
    const target = join(stage, basename(record.directory));
    mkdirSync(target, { mode: 0o755 });
    const trees = rootTrees(record.directory, record.layers);
    const rootfs = join(target, "rootfs");
    mkdirSync(rootfs, { mode: 0o700 });
    await mergeLayers(trees, "/", rootfs, [], { mappings });
    const config = portableConfig(readFileSync(join(record.directory, "config.json"), "utf8"));
    for (const name of config.files)
      if (existsSync(join(record.directory, name)))
        copyFileSync(join(record.directory, name), join(target, name));
    writeFileSync(join(target, "config.json"), config.text);
    signal?.throwIfAborted();
    await pack(stage, resolve(file), mappings, signal);
  } finally {
    await key.clear(mappings);
  }
}

/** The config with the root file system as a directory, and the names of the bundle's own files. Pure. */
export function portableConfig(text: string): { readonly text: string; readonly files: readonly string[] } {
  const config = v.parse(configSchema, parseExactJson(text));
  const mounts = config.mounts.filter(({ destination }) => destination !== "/");
  const files = mounts.flatMap(({ source = "" }) => (/^[\w][\w.-]*$/.test(source) ? [source] : []));
  return { text: exactJson({ ...config, mounts }), files };
}

/** The archive appears when it is whole. */
async function pack(
  stage: string,
  file: string,
  mappings: IdMappings,
  signal: AbortSignal | undefined,
): Promise<void> {
  const unfinished = `${file}.new`;
  if (!existsSync(dirname(file))) throw new CntnrError("not-found", `${dirname(file)} does not exist`);
  const kept = ["--numeric-owner", "--xattrs", "--xattrs-include=*", "--sparse"];
  const tar = ["tar", ...kept, "-C", stage, "-cf", unfinished, "."] as const;
  try {
    const { exitCode, stderr } = await runInUserNamespace(mappings, tar, {
      timeoutMs: packTimeoutMs,
      ...(signal ? { signal } : {}),
    });
    if (exitCode !== 0)
      throw new CntnrError("engine", `${file} cannot be written: ${stderr.trim().split("\n").at(-1) ?? ""}`);
    renameSync(unfinished, file);
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  }
}
