import type { ByteString } from "../sys/file-calls.ts";
import { joinPath, nameOf, parentOf } from "./entry-path.ts";
import { damagedLayer, printable } from "./layer-error.ts";

/** What an entry with a whiteout's name asks for (image-spec, layer.md, "Whiteouts"). */
export type Whiteout =
  | { readonly kind: "whiteout"; readonly path: ByteString }
  | { readonly kind: "opaque"; readonly directory: ByteString }
  /** AUFS's own records: nothing that a layer says. */
  | { readonly kind: "bookkeeping" };

export const whiteoutPrefix = ".wh.";
const bookkeepingPrefix = ".wh..wh.";
export const opaqueName = ".wh..wh..opq";

/** The whiteout that an entry of this clean path is; undefined when it is a file like any other. */
export function whiteoutOf(path: ByteString): Whiteout | undefined {
  if (!path.includes(whiteoutPrefix)) return undefined;
  const name = nameOf(path);
  const parent = parentOf(path);
  for (const component of parent.split("/")) {
    if (component.startsWith(bookkeepingPrefix)) return { kind: "bookkeeping" };
    if (component.startsWith(whiteoutPrefix))
      throw damagedLayer(`${printable(path)}: a whiteout with entries in it`);
  }
  if (name === opaqueName) return { kind: "opaque", directory: parent };
  if (name.startsWith(bookkeepingPrefix)) return { kind: "bookkeeping" };
  if (!name.startsWith(whiteoutPrefix)) return undefined;
  const hidden = name.slice(whiteoutPrefix.length);
  if (hidden === "" || hidden === "." || hidden === "..")
    throw damagedLayer(`${printable(path)}: a whiteout of ${printable(hidden)}`);
  return { kind: "whiteout", path: joinPath(parent, hidden) };
}
