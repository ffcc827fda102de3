import { closeSync, realpathSync, statSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { BrokenOutput } from "../attach/own-streams.ts";
import type { ContainerRecord } from "../container/container-record.ts";
import { mappingsOf } from "../container/user-namespace.ts";
import { CntnrError, hasErrno } from "../errors/cntnr-error.ts";
import type { Directories } from "../store/directories.ts";
import { duplicate, openPipe } from "../sys/pipe.ts";
import { withContainerView } from "./container-view.ts";
import type { CopyAction, CopyOutcome, CopyReport, CopyView } from "./copy-job.ts";
import { type CopyProcessOptions, runCopyProcess } from "./copy-process.ts";

/** A path in a container, or of the user's, or a descriptor on which an archive is read or written. */
export type CopyPlace =
  | { readonly kind: "container"; readonly record: ContainerRecord; readonly path: string }
  | { readonly kind: "host"; readonly path: string }
  | { readonly kind: "archive"; readonly fd: number };

export interface CopyFilesOptions {
  /** Follow a link that the source's path ends with. */
  readonly followsLink: boolean;
  /** Keep owners, as far as they are mapped; else what is copied is root's in a container, and the user's outside. */
  readonly keepsOwners: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Copies a file or a directory with all below it, as docker cp does: also what its paths' ends mean ("/", "/."). One place is a
 * container's. Throws CntnrError, or BrokenOutput when nobody reads the archive; what is copied by then stays.
 */
export async function copyFiles(
  directories: Directories,
  from: CopyPlace,
  to: CopyPlace,
  options: CopyFilesOptions,
): Promise<CopyReport> {
  const container = [from, to].find((place) => place.kind === "container");
  if (from.kind === to.kind || !container)
    throw new CntnrError(
      "usage",
      "cp copies into a container or out of one: write CONTAINER:PATH on one side",
    );
  return withContainerView(directories, container.record, (view) =>
    copy(view, from, to, { ...options, mappings: mappingsOf(container.record) }),
  );
}

async function copy(
  view: CopyView,
  from: CopyPlace,
  to: CopyPlace,
  options: CopyFilesOptions & Pick<CopyProcessOptions, "mappings">,
): Promise<CopyReport> {
  const { signal, mappings } = options;
  const run = (half: Half, archive: number) =>
    runCopyProcess(half, { mappings, archive, ...(signal ? { signal } : {}) });
  const source = from.kind === "archive" ? undefined : sourceHalf(view, from, options);
  const target = to.kind === "archive" ? undefined : targetHalf(view, from, to, options);
  if (from.kind === "archive" && target)
    return reportOf(await withDuplicate(from.fd, (fd) => run(target, fd)));
  if (to.kind === "archive" && source)
    return reportOf(await withDuplicate(to.fd, (fd) => run(source, fd)).catch(explainClosedPipe));
  if (!source || !target) throw new CntnrError("usage", "cp: nothing to copy");
  return copyThroughPipe(
    (archive) => run(source, archive),
    (archive) => run(target, archive),
  );
}

/** Bun gives its children no descriptor 0 as another one. */
export async function withDuplicate<T>(fd: number, work: (fd: number) => Promise<T>): Promise<T> {
  const copy = duplicate(fd);
  try {
    return await work(copy);
  } finally {
    closeSync(copy);
  }
}

/** What is wrong with the target says more than that its pipe was closed. */
async function copyThroughPipe(
  pack: (archive: number) => Promise<CopyOutcome>,
  unpack: (archive: number) => Promise<CopyOutcome>,
): Promise<CopyReport> {
  const { readEnd, writeEnd } = openPipe();
  // Our own ends stay open as long as the child that has the same one: it may not have been started yet.
  const [packed, unpacked] = await Promise.allSettled([
    pack(writeEnd).finally(() => closeSync(writeEnd)),
    unpack(readEnd).finally(() => closeSync(readEnd)),
  ]);
  // An archive that ends in the middle is what the other one's failure looks like from here.
  if (packed.status === "rejected" && !isClosedPipe(packed.reason)) throw packed.reason;
  if (unpacked.status === "rejected") throw unpacked.reason;
  if (packed.status === "rejected") throw packed.reason;
  return reportOf(unpacked.value);
}

export function explainClosedPipe(reason: unknown): never {
  throw isClosedPipe(reason) ? new BrokenOutput() : reason;
}

function isClosedPipe(reason: unknown): boolean {
  return reason instanceof Error && /EPIPE/.test(reason.message);
}

function reportOf(outcome: CopyOutcome): CopyReport {
  if ("report" in outcome) return outcome.report;
  throw new CntnrError("engine", "the process that copies ended before its work was done");
}

interface Half {
  readonly view: CopyView;
  readonly action: CopyAction;
}

type NamedPlace = Exclude<CopyPlace, { kind: "archive" }>;

/** `/.`: what is in the directory is meant. */
const contentsPattern = /(?:^|\/)\.\/?$/;

function sourceHalf(view: CopyView, { kind, path }: NamedPlace, options: CopyFilesOptions): Half {
  const absolute = kind === "container" ? resolve("/", path) : resolve(path);
  const action: CopyAction = {
    kind: "pack",
    path: absolute,
    followsLink: options.followsLink || /\/$/.test(path) || contentsPattern.test(path),
    name: basename(absolute) || "root",
  };
  return { view: kind === "container" ? view : { kind: "host" }, action };
}

function targetHalf(view: CopyView, from: CopyPlace, to: NamedPlace, options: CopyFilesOptions): Half {
  const isContents =
    from.kind !== "archive" && (contentsPattern.test(from.path) || resolve("/", from.path) === "/");
  const rules = {
    mode: from.kind === "archive" ? "archive" : isContents ? "contents" : "copy",
    isDirectory: /\/\.?$/.test(to.path) || to.path === ".",
    owners: options.keepsOwners ? "kept" : "maker",
  } as const;
  if (to.kind === "container")
    return { view, action: { kind: "unpack", path: resolve("/", to.path), ...rules } };
  const { directory, path } = shutInto(resolve(to.path));
  return { view: { kind: "directory", path: directory }, action: { kind: "unpack", path, ...rules } };
}

/** The directory of the user's that is written to, and where in it: it is all that the writing process will see. */
function shutInto(path: string): { readonly directory: string; readonly path: string } {
  try {
    const real = realpathSync(path);
    if (statSync(real).isDirectory()) return { directory: real, path: "/" };
    return { directory: dirname(real), path: `/${basename(real)}` };
  } catch (error) {
    if (!hasErrno(error, "ENOENT")) throw error;
  }
  try {
    return { directory: realpathSync(dirname(path)), path: `/${basename(path)}` };
  } catch (error) {
    if (!hasErrno(error, "ENOENT", "ENOTDIR")) throw error;
    throw new CntnrError("not-found", `${dirname(path)}: there is no such directory`, { cause: error });
  }
}
