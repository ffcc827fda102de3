import { CntnrError } from "../errors/cntnr-error.ts";
import type { Directories } from "../store/directories.ts";
import { lockStore } from "../store/store-lock.ts";
import { findImage, imageId, isId } from "./find-image.ts";
import { noteImage } from "./image-events.ts";
import { forgetNames, nameImage, readIndex } from "./layout.ts";
import { entryName } from "./oci-documents.ts";
import type { PullOptions } from "./pull-image.ts";
import { localNames, parseImageReference } from "./reference.ts";
import { copyShared, locateImage, noOwnImage } from "./shared-image.ts";

/** The full name that an image gets by `text`. Throws CntnrError `usage` for what cannot be one: an id, a digest, a file. */
export function nameToGive(text: string): string {
  const reference = parseImageReference(text);
  if (reference.transport !== "plain" || reference.name.includes("@"))
    throw new CntnrError("usage", `"${text}" cannot be given as a name: it is [HOST/]NAME[:TAG]`);
  return reference.name;
}

/**
 * Gives an image a further name, which it takes from whatever had it; one of an additional store is copied into our own for it.
 * Throws CntnrError.
 */
export async function tagImage(
  directories: Directories,
  source: string,
  target: string,
  options: PullOptions,
): Promise<string> {
  const name = nameToGive(target);
  // Under the lock: between finding and naming, a collection of garbage could take the image away.
  using _ = await lockStore(directories, "shared");
  const { store, image } = locateImage(directories, source);
  if (store === directories) await nameImage(directories, name, image.manifest);
  else await copyShared(directories, { store, image }, options, name);
  noteImage(directories, "tag", imageId(store, image.manifest), name);
  return name;
}

/**
 * Takes names away from an image: those that are given, else the one that it was called by, else (by its id) all. The
 * image stays, even without a name. Returns the names that are gone. Throws CntnrError.
 */
export async function untagImage(
  directories: Directories,
  source: string,
  names: readonly string[],
): Promise<readonly string[]> {
  using _ = await lockStore(directories, "shared");
  const found = findImage(directories, source);
  if (!found) throw noOwnImage(directories, source);
  const own = readIndex(directories)
    .manifests.filter((entry) => entry.digest === found.manifest.digest)
    .map(entryName)
    .filter((name) => name !== "");
  const isCalled = !isId(source) && localNames(parseImageReference(source)).includes(found.name);
  const called = isCalled ? [found.name] : own;
  const gone = names.length === 0 ? called : names.map((name) => ownName(own, source, name));
  await forgetNames(directories, found.manifest.digest, gone, "keep-without-name");
  const id = imageId(directories, found.manifest);
  for (const name of gone) noteImage(directories, "untag", id, name);
  return gone;
}

function ownName(own: readonly string[], source: string, text: string): string {
  const name = isId(text)
    ? undefined
    : localNames(parseImageReference(text)).find((name) => own.includes(name));
  if (name === undefined) throw new CntnrError("not-found", `image ${source} is not called ${text}`);
  return name;
}
