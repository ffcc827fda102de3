import type { ByteString } from "../sys/file-calls.ts";
import { damagedLayer, printable } from "./layer-error.ts";
import type { LayerLimits } from "./limits.ts";

/**
 * The path of an archive's entry in its one spelling: components joined by single slashes, "" for the root.
 *
 * Names that say they lead out of the target are refused rather than bent (B7): absolute ones and any ".."
 * component. The process that unpacks could not leave the target if it wanted to; but such an archive was
 * made to do harm, or means a file that we would put elsewhere.
 */
export function cleanEntryPath(name: ByteString, limits: LayerLimits): ByteString {
  if (name === "") throw damagedLayer("an entry has an empty name");
  if (name.includes("\0")) throw damagedLayer(`${printable(name)}: a name with a NUL byte`);
  if (name.startsWith("/")) throw damagedLayer(`${printable(name)}: an absolute name`);
  if (name.length > limits.pathBytes) throw damagedLayer(`${printable(name)}: longer than a path can be`);
  const components = isClean(name)
    ? name.split("/")
    : name.split("/").filter((component) => component !== "" && component !== ".");
  if (components.length > limits.pathDepth)
    throw damagedLayer(`${printable(name)}: more than ${limits.pathDepth} directories deep`);
  for (const component of components) {
    if (component === "..") throw damagedLayer(`${printable(name)}: a name with ".."`);
    if (component.length > limits.nameBytes)
      throw damagedLayer(`${printable(name)}: a component is longer than a file name can be`);
  }
  return components.join("/");
}

function isClean(name: ByteString): boolean {
  return !/(^|\/)(\.?)(\/|$)/.test(name);
}

/** The directory that holds a clean path; "" for what is directly in the root. */
export function parentOf(path: ByteString): ByteString {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "" : path.slice(0, slash);
}

/** The last component of a clean path. */
export function nameOf(path: ByteString): ByteString {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** `name` in the directory `parent`. */
export function joinPath(parent: ByteString, name: ByteString): ByteString {
  return parent === "" ? name : `${parent}/${name}`;
}
