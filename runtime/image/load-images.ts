import {
  closeSync,
  createReadStream,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  symlinkSync,
  writeSync,
} from "node:fs";
import { basename, join, resolve } from "node:path";
import { addAbortSignal } from "node:stream";
import * as v from "valibot";
import { CntnrError, messageOf } from "../errors/cntnr-error.ts";
import { decompress } from "../layer/decompress.ts";
import { defaultLimits } from "../layer/limits.ts";
import type { TarEntry, TarVisitor } from "../layer/tar-entry.ts";
import { TarReader } from "../layer/tar-reader.ts";
import type { Directories } from "../store/directories.ts";
import { newKey } from "../store/temporary.ts";
import { readIfThere } from "../sys/read-text.ts";
import { loadIdMappings } from "../userns/load-id-mappings.ts";
import { noteImage } from "./image-events.ts";
import type { LocalImage } from "./local-image.ts";
import { descriptorOf, entryName, type IndexEntry, parseIndex } from "./oci-documents.ts";
import { type PullOptions, pullReference } from "./pull-image.ts";
import { type ImageReference, parseImageReference } from "./reference.ts";
import { singleTag, writeSingleLayout } from "./single-layout.ts";
import { listArchiveNames } from "./skopeo.ts";

const chunkBytes = 1024 * 1024;

/** An archive that is loaded, and what it is called to people: what comes through a pipe has a name that says them nothing. */
interface Archive {
  readonly file: string;
  readonly shownName: string;
}

/**
 * Loads all images of an archive (docker-archive or oci-archive, compressed or not) under the names that they have in it.
 * Throws CntnrError; images that were whole before that are there.
 * @param path of the file; - for standard input
 */
export async function loadImages(
  directories: Directories,
  path: string,
  options: PullOptions,
): Promise<readonly LocalImage[]> {
  using key = await newKey(directories, "pull");
  try {
    const staging = key.makeDirectory();
    // It is read twice.
    const isPiped = path === "-";
    const file = isPiped ? await spool(0, join(staging, "stdin"), options.signal) : path;
    const archive = { file, shownName: isPiped ? "standard input" : path };
    const kind = await unpackArchive(archive, staging);
    const references =
      kind === "oci" ? ociReferences(staging, archive) : await dockerReferences(archive, staging, options);
    const images: LocalImage[] = [];
    for (const reference of references) {
      const image = await pullReference(directories, reference, options);
      images.push(image);
      noteImage(directories, "load", image.id, image.name);
    }
    return images;
  } finally {
    await key.clear(options.mappings ?? loadIdMappings());
  }
}

/** Read by a thread: whoever fills a pipe may take long, or never come to an end. */
async function spool(from: number, path: string, signal: AbortSignal | undefined): Promise<string> {
  const to = openSync(path, "wx", 0o600);
  try {
    const input = createReadStream("", { fd: from, autoClose: false, highWaterMark: chunkBytes });
    const chunks = signal ? addAbortSignal(signal, input) : input;
    for await (const chunk of chunks)
      for (let done = 0; done < chunk.length; ) done += writeSync(to, chunk, done, chunk.length - done);
  } finally {
    closeSync(to);
  }
  return path;
}

/** Takes blobs and index out of an OCI archive; of a docker-archive only the list of its images. */
async function unpackArchive({ file, shownName }: Archive, staging: string): Promise<"oci" | "docker"> {
  mkdirSync(join(staging, "blobs/sha256"), { recursive: true });
  using visitor = new ArchiveVisitor(staging);
  const reader = new TarReader(visitor, defaultLimits);
  const fd = openSync(file, "r");
  try {
    const read = () => {
      const chunk = Buffer.allocUnsafe(chunkBytes);
      const bytes = readSync(fd, chunk, 0, chunkBytes, null);
      return bytes === 0 ? undefined : chunk.subarray(0, bytes);
    };
    for await (const chunk of decompress(read)) reader.push(chunk);
    reader.end();
  } finally {
    closeSync(fd);
  }
  if (visitor.seen.has("index.json")) return "oci";
  if (visitor.seen.has("manifest.json") || visitor.seen.has("repositories")) return "docker";
  throw new CntnrError(
    "corrupt",
    `${shownName} is no archive of images: it has neither index.json nor manifest.json (a root file system is imported with \`cntnr image import\`)`,
  );
}

/** Writes files of the few names that an image layout has, and nothing else: whatever else the archive has in it. */
class ArchiveVisitor implements TarVisitor, Disposable {
  readonly seen = new Set<string>();
  readonly #staging: string;
  #fd: number | undefined;

  constructor(staging: string) {
    this.#staging = staging;
  }

  entry({ path, type }: TarEntry): void {
    if (type !== "file") return;
    this.seen.add(path);
    if (/^(?:blobs\/sha256\/[a-f0-9]{64}|index\.json|manifest\.json)$/.test(path))
      this.#fd = openSync(join(this.#staging, path), "w", 0o600);
  }

  data(bytes: Uint8Array, position: number): void {
    if (this.#fd === undefined) return;
    for (let done = 0; done < bytes.length; )
      done += writeSync(this.#fd, bytes, done, bytes.length - done, position + done);
  }

  endOfFile(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  [Symbol.dispose](): void {
    this.endOfFile();
  }
}

/** An image layout for each entry of the index, so that entries without a name can be copied, too. */
function ociReferences(staging: string, { file, shownName }: Archive): ImageReference[] {
  const where = `index.json in ${shownName}`;
  const index = parseIndex(readFileSync(join(staging, "index.json"), "utf8"), where);
  return index.manifests.map((entry, number) => {
    const layout = join(staging, String(number));
    writeSingleLayout(layout, descriptorOf(entry, where), "../blobs");
    const source = `oci:${layout}:${singleTag}`;
    return { transport: "oci", source, shownSource: shownName, registry: "", name: nameOf(entry, file) };
  });
}

/** What programs call an image in an archive: a full name, or a tag alone, which then is of the archive's own name. */
function nameOf(entry: IndexEntry, file: string): string {
  const name = entry.annotations?.["io.containerd.image.name"] ?? entryName(entry);
  if (name === "") return "";
  if (/[/:@]/.test(name)) return parseImageReference(name).name;
  return parseImageReference(`oci:${basename(file).replaceAll(":", "-")}:${name}`).name;
}

const dockerManifestSchema = v.array(v.looseObject({ RepoTags: v.nullish(v.array(v.string())) }));

/**
 * Each image under all its names, or by its place in the archive when it has none. skopeo takes the first colon of a path for its
 * end, so it gets the file by a link.
 */
async function dockerReferences(
  { file, shownName }: Archive,
  staging: string,
  options: PullOptions,
): Promise<ImageReference[]> {
  const link = join(staging, "archive.tar");
  symlinkSync(resolve(file), link);
  const archive = { ...parseImageReference(`docker-archive:${link}`), shownSource: shownName };
  const named = (name: string): ImageReference => ({
    ...parseImageReference(`docker-archive:${link}:${name}`),
    shownSource: shownName,
  });
  const text = readIfThere(join(staging, "manifest.json"));
  // Only very old archives have "repositories" alone.
  if (text === undefined) return (await listArchiveNames(archive, options)).map(named);
  return dockerNames(text, shownName).flatMap((names, number) =>
    names.length > 0 ? names.map(named) : [{ ...archive, source: `${archive.source}:@${number}`, name: "" }],
  );
}

/** The names of each image of a docker-archive (docker's image specification 1.2, manifest.json). */
function dockerNames(text: string, archive: string): (readonly string[])[] {
  try {
    return v.parse(dockerManifestSchema, JSON.parse(text)).map(({ RepoTags }) => RepoTags ?? []);
  } catch (error) {
    throw new CntnrError(
      "corrupt",
      `manifest.json in ${archive} is not as it should be: ${messageOf(error)}`,
      {
        cause: error,
      },
    );
  }
}
