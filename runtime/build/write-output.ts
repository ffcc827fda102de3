import { createReadStream, createWriteStream, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { pipeline } from "node:stream/promises";
import { BrokenOutput, writeAll } from "../attach/own-streams.ts";
import { CntnrError, hasErrno, reasonOf } from "../errors/cntnr-error.ts";
import { type Descriptor, nameAnnotation } from "../image/oci-documents.ts";
import { newUpperTree } from "../layer/upper-tree.ts";
import { complaintOf, runCommand } from "../process/run-command.ts";
import type { BuildOutput } from "./build-request.ts";
import { copyAll } from "./squash.ts";
import { emptyLayer } from "./steps/empty-layer.ts";
import type { StageFiles } from "./steps/stage-files.ts";
import type { StepSurroundings } from "./steps/step-runner.ts";

interface NamedOutput extends BuildOutput {
  /** The image's names, for archives of it. */
  readonly names: readonly string[];
}

const copyTimeoutMs = 60 * 60_000;

/**
 * Writes what was built into a directory or an archive. A file appears whole, by a rename; a directory's files are the
 * user's own, and what was in it stays. Throws CntnrError.
 * @param writeImage writes the image's documents into the store, where nothing refers to them
 */
export async function writeOutput(
  step: StepSurroundings,
  files: StageFiles,
  writeImage: () => Descriptor,
  output: NamedOutput,
): Promise<void> {
  if (output.kind === "local") {
    if (typeof output.destination === "number")
      throw new CntnrError("usage", "a directory cannot be written to a descriptor");
    await writeDirectory(step, files, resolve(output.destination));
    return;
  }
  const { key, mappings } = step;
  await using directory = key.openDirectory(mappings);
  await using layout = key.openDirectory(mappings);
  const archive = join(directory.path, "archive");
  if (output.kind === "tar") await writeTar(step, files, archive);
  else await writeArchive(step, writeImage(), archive, output, layout.path);
  await moveTo(archive, output.destination);
}

async function writeDirectory(step: StepSurroundings, files: StageFiles, path: string): Promise<void> {
  mkdirSync(path, { recursive: true });
  await step.workers.change({
    destination: { kind: "directory", path },
    trees: [{ kind: "layers", paths: files.lowers }],
    actions: [{ ...copyAll(0), keepsParents: false, owner: { uid: 0, gid: 0 }, attributes: "left" }],
  });
}

async function writeTar(step: StepSurroundings, files: StageFiles, path: string): Promise<void> {
  const { directories, key, mappings, latestSeconds, workers } = step;
  const empty = [emptyLayer(directories)];
  await using upper = await newUpperTree(key, mappings, empty);
  const trees = [{ kind: "layers", paths: files.lowers }] as const;
  const destination = { kind: "directory", path: upper.path } as const;
  await workers.change({ destination, trees, actions: [copyAll(0)] });
  await workers.pack({
    upper: upper.path,
    lowers: [],
    blob: path,
    job: {
      owners: { kind: mappings.subordinate ? "files" : "recorded" },
      fate: "keep",
      latestSeconds: latestSeconds ?? null,
      mountPoints: [],
      compression: "none",
    },
  });
}

/** By skopeo, from a layout with this one image that shares the store's blobs. */
async function writeArchive(
  { directories, signal }: StepSurroundings,
  manifest: Descriptor,
  path: string,
  { kind, names }: NamedOutput,
  layout: string,
): Promise<void> {
  const [name] = names;
  const index = {
    schemaVersion: 2,
    manifests: [{ ...manifest, annotations: { [nameAnnotation]: "built" } }],
  };
  writeFileSync(join(layout, "oci-layout"), JSON.stringify({ imageLayoutVersion: "1.0.0" }));
  writeFileSync(join(layout, "index.json"), JSON.stringify(index));
  const target = `${kind}-archive:${path}${name === undefined ? "" : `:${name}`}`;
  const shared = ["--src-shared-blob-dir", join(directories.images, "blobs")];
  const args = ["--insecure-policy", "copy", "--quiet", ...shared, `oci:${layout}:built`, target];
  const result = await runCommand("skopeo", args, { timeoutMs: copyTimeoutMs, signal });
  if (result.exitCode !== 0)
    throw new CntnrError("engine", `the archive cannot be written: ${complaintOf(result)}`);
}

async function moveTo(path: string, destination: BuildOutput["destination"]): Promise<void> {
  if (typeof destination === "number") return writeTo(destination, path);
  const target = resolve(destination);
  // Another file system may be there: a copy beside the target, then a rename.
  const beside = `${target}.${process.pid}.new`;
  try {
    mkdirSync(dirname(target), { recursive: true });
    await pipeline(createReadStream(path), createWriteStream(beside, { flags: "wx" }));
    renameSync(beside, target);
  } catch (error) {
    rmSync(beside, { force: true });
    throw new CntnrError("engine", `cannot write ${target}: ${reasonOf(error)}`, { cause: error });
  }
}

async function writeTo(fd: number, path: string): Promise<void> {
  try {
    for await (const chunk of createReadStream(path)) await writeAll(fd, chunk);
  } catch (error) {
    if (hasErrno(error, "EPIPE")) throw new BrokenOutput();
    throw error;
  }
}
