import { readdirSync } from "node:fs";
import { posix } from "node:path";
import { CntnrError, hasErrno } from "../../errors/cntnr-error.ts";
import type { ByteString } from "../../sys/file-calls.ts";
import { compilePathPattern, isPattern, type PathPattern, PatternError } from "../context/path-pattern.ts";
import { byteString, bytes, join, resolveInRoot, shown, statusOf, textOf } from "./root-path.ts";

/** Something to be copied. */
export interface SelectedSource {
  /** Where it is in its tree, links followed. */
  readonly path: ByteString;
  /** As it was asked for or matched: its last component is its name at the destination. "" for the whole tree. */
  readonly writtenPath: ByteString;
  /** With COPY --parents: the part of the written path, from its start, whose directories are not kept. */
  readonly pivot?: ByteString;
}

/** Tells which paths of a tree are not to be seen. */
export type Hides = (path: ByteString) => boolean;

export const hidesNothing: Hides = () => false;

/**
 * What a source of COPY means in a tree: one path, or all that match a pattern, in the order of their names. A path that is
 * not there is an error; a pattern may match nothing.
 * @param matching `deep`: `**` matches any number of directories
 */
function selectSources(
  root: ByteString,
  source: string,
  hides: Hides,
  matching: "plain" | "deep",
): SelectedSource[] {
  const path = posix.join("/", source).slice(1).replace(/\/+$/, "");
  try {
    if (!isPattern(path)) return [selectOne(root, byteString(path), hides)];
    const parts = path.split("/");
    const first = parts.findIndex(isPattern);
    const base = resolveInRoot(root, byteString(parts.slice(0, first).join("/")), "follow");
    if (base.kind === "missing" || !base.status.isDirectory()) return [];
    const matched = matchBelow(root, base.path, parts.slice(first), matching);
    const written = byteString(parts.slice(0, first).join("/"));
    return matched
      .filter((found) => !hides(join(base.path, found)))
      .map((found) => ({
        ...selectOne(root, join(base.path, found), hides),
        writtenPath: join(written, found),
      }));
  } catch (error) {
    if (error instanceof PatternError) throw new CntnrError("build", error.message, { cause: error });
    throw error;
  }
}

function selectOne(root: ByteString, path: ByteString, hides: Hides): SelectedSource {
  const found = resolveInRoot(root, path, "follow");
  if (found.kind === "missing" || (path !== "" && hides(path)) || (found.path !== "" && hides(found.path)))
    throw new CntnrError(
      "build",
      `"/${shown(path)}" is not there${hides(path) ? " (.dockerignore leaves it out)" : ""}`,
    );
  return { path: found.path, writtenPath: path };
}

/** Paths below `base` that match, relative to it. A directory that matches is not looked into. */
function matchBelow(
  root: ByteString,
  base: ByteString,
  parts: readonly string[],
  matching: "plain" | "deep",
): ByteString[] {
  if (matching === "deep" && parts.some((part) => part.includes("**"))) {
    const expression = compilePathPattern(parts.join("/"), "doubleStar");
    return matchDeep(root, base, "", expression);
  }
  let reached: ByteString[] = [""];
  for (const [index, part] of parts.entries()) {
    const expression = compilePathPattern(part, "none");
    const isLast = index === parts.length - 1;
    reached = reached.flatMap((directory) =>
      namesIn(root, join(base, directory))
        .filter((name) => expression.test(textOf(name)))
        .map((name) => join(directory, name))
        .filter((path) => isLast || statusOf(root, join(base, path))?.isDirectory()),
    );
  }
  return reached;
}

function matchDeep(
  root: ByteString,
  base: ByteString,
  directory: ByteString,
  expression: PathPattern,
): ByteString[] {
  return namesIn(root, join(base, directory)).flatMap((name) => {
    const path = join(directory, name);
    if (expression.test(textOf(path))) return [path];
    const isDirectory = statusOf(root, join(base, path))?.isDirectory();
    return isDirectory ? matchDeep(root, base, path, expression) : [];
  });
}

/** The names in a directory, in the order of their bytes; none where there is no directory. */
export function namesIn(root: ByteString, directory: ByteString): ByteString[] {
  try {
    return readdirSync(bytes(join(root, directory)), { encoding: "latin1" }).sort();
  } catch (error) {
    if (hasErrno(error, "ENOENT", "ENOTDIR")) return [];
    throw error;
  }
}

/**
 * What a source means, also with COPY --parents, where `**` matches any number of directories and a `./` within the source
 * divides what is kept of the directories from what is not.
 */
export function select(
  root: ByteString,
  source: string,
  hides: Hides,
  manner: "plain" | "kept-parents",
): SelectedSource[] {
  if (manner === "plain") return selectSources(root, source, hides, "plain");
  const relative = source.replace(/^(?:\.?\/)+/, "");
  const at = relative.indexOf("/./");
  const before = at < 0 ? "" : relative.slice(0, at);
  const depth = before.split("/").filter((name) => name !== "" && name !== ".").length;
  return selectSources(root, relative, hides, "deep").map((selected) => ({
    ...selected,
    pivot: selected.writtenPath.split("/").slice(0, depth).join("/"),
  }));
}

/** Throws CntnrError `build` when several files would take the place of one. */
export function checkDestination(sources: readonly SelectedSource[], destination: string): void {
  if (sources.length > 1 && !destination.endsWith("/"))
    throw new CntnrError(
      "build",
      `${sources.length} files match: then the destination is a directory, and is written with a slash at its end (${destination}/)`,
    );
}
