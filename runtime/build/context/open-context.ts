import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { CntnrError, hasErrno, reasonOf } from "../../errors/cntnr-error.ts";
import { newUpperTree, type UpperTree } from "../../layer/upper-tree.ts";
import type { Directories } from "../../store/directories.ts";
import { newKey, type TemporaryKey } from "../../store/temporary.ts";
import type { IdMappings } from "../../userns/id-mappings.ts";
import { parseGitContext } from "../plan/remote-source.ts";
import { emptyLayer } from "../steps/empty-layer.ts";
import type { SecretSource } from "../steps/secrets.ts";
import { authorizationFor } from "../steps/url-authorization.ts";
import { TreeWorkers } from "../tree/tree-workers.ts";
import { type ArchivePacking, decompressInto, detectArchive } from "./archive.ts";
import { checkOut } from "./git-source.ts";
import { IgnoreRules } from "./ignore-rules.ts";
import { fetchUrl } from "./url-source.ts";

/** Where files for a build come from. */
export interface TreeRequest {
  /** A directory, `-`, a Git repository or a URL. */
  readonly context: string;
  readonly stdin: () => Promise<Buffer>;
  /** Of a repository; default: removed. */
  readonly gitDirectory?: "kept" | "removed";
  readonly directories: Directories;
  readonly mappings: IdMappings;
  readonly env: NodeJS.ProcessEnv;
  /** Of the build, by id: those that servers want to see. */
  readonly secrets: ReadonlyMap<string, SecretSource>;
  readonly signal: AbortSignal;
}

/** What a build was asked to be made of. */
export interface ContextRequest extends TreeRequest {
  /** `-f`: a path, or `-`. */
  readonly file: string | undefined;
}

export interface OpenedContext {
  /** A directory of the user's. */
  readonly path: string;
  readonly ignore: IgnoreRules;
  readonly dockerfile: { readonly name: string; readonly text: string };
}

/**
 * Finds the context and the Dockerfile of a build. What has to be unpacked or fetched for it lasts until the stack is
 * disposed of. Throws CntnrError.
 */
export async function openContext(
  request: ContextRequest,
  stack: AsyncDisposableStack,
): Promise<OpenedContext> {
  const { context, file, stdin } = request;
  if (file === "-") {
    if (context === "-")
      throw new CntnrError("usage", "the Dockerfile and the context cannot both be standard input");
    const { path } = await openTree(request, stack);
    return withRules(path, { name: "Dockerfile", text: (await stdin()).toString() }, undefined);
  }
  const { path, dockerfile } = await openTree(request, stack);
  if (dockerfile !== undefined) return withRules(path, { name: "Dockerfile", text: dockerfile }, undefined);
  const isLocal = isDirectory(context);
  const found = file === undefined ? undefined : isLocal ? resolve(file) : join(path, file);
  const dockerfilePath =
    found ?? ["Dockerfile", "Containerfile"].map((name) => join(path, name)).find(existsSync);
  if (dockerfilePath === undefined)
    throw new CntnrError("not-found", `${context}: there is no Dockerfile in it (-f names another file)`);
  return withRules(path, { name: basename(dockerfilePath), text: readText(dockerfilePath) }, dockerfilePath);
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

/** `<Dockerfile>.dockerignore` goes before the context's own. */
function withRules(
  path: string,
  dockerfile: OpenedContext["dockerfile"],
  dockerfilePath: string | undefined,
): OpenedContext {
  const candidates = [
    ...(dockerfilePath === undefined
      ? []
      : [join(dirname(dockerfilePath), `${basename(dockerfilePath)}.dockerignore`)]),
    join(path, ".dockerignore"),
  ];
  return { path, ignore: rulesIn(candidates), dockerfile };
}

/** The rules of the first of these files that is there. */
export function rulesIn(candidates: readonly string[]): IgnoreRules {
  const file = candidates.find(existsSync);
  return file === undefined ? IgnoreRules.none : IgnoreRules.parse(basename(file), readText(file));
}

export interface OpenedTree {
  readonly path: string;
  /** When there is nothing but one. */
  readonly dockerfile?: string;
}

/** Throws CntnrError. */
export async function openTree(request: TreeRequest, stack: AsyncDisposableStack): Promise<OpenedTree> {
  const { context, stdin, signal } = request;
  if (isDirectory(context)) return { path: resolve(context) };
  if (context === "-") return openBytes(await stdin(), request, stack);
  const git = parseGitContext(context);
  if (git) {
    const path = await newDirectory(request, stack);
    const { env, secrets } = request;
    const gitDirectory = git.keepsGitDir ? "kept" : (request.gitDirectory ?? "removed");
    await checkOut(git, path, { gitDirectory, env, secrets, signal });
    return { path: git.subdirectory === "" ? path : join(path, join("/", git.subdirectory)) };
  }
  if (/^https?:\/\//i.test(context)) {
    const path = await newDirectory(request, stack);
    const authorization = authorizationFor(context, request.secrets, request.env);
    const name = await fetchUrl(context, path, undefined, signal, authorization);
    return openBytes(readFileSync(join(path, name)), request, stack);
  }
  throw new CntnrError("not-found", `${context}: there is no such directory, and it is no repository or URL`);
}

async function newDirectory(request: TreeRequest, stack: AsyncDisposableStack): Promise<string> {
  const { path } = await newTree(request, stack, await takeKey(request, stack));
  return path;
}

/** For what the stack has, which goes first. */
async function takeKey(
  { directories, mappings }: TreeRequest,
  stack: AsyncDisposableStack,
): Promise<TemporaryKey> {
  const key = stack.use(await newKey(directories, "build"));
  stack.defer(() => key.clear(mappings));
  return key;
}

async function newTree(
  { directories, mappings }: TreeRequest,
  stack: AsyncDisposableStack,
  key: TemporaryKey,
): Promise<UpperTree> {
  return stack.use(await newUpperTree(key, mappings, [emptyLayer(directories)]));
}

/** A Dockerfile, or an archive with one in it. */
async function openBytes(
  bytes: Buffer,
  request: TreeRequest,
  stack: AsyncDisposableStack,
): Promise<OpenedTree> {
  const { directories, mappings, signal } = request;
  const key = await takeKey(request, stack);
  const upper = await newTree(request, stack, key);
  const staging = join(upper.work, "staging");
  mkdirSync(staging);
  writeFileSync(join(staging, "context"), bytes, { mode: 0o600 });
  const packing = await detectArchive(join(staging, "context"));
  if (packing === undefined) return { path: upper.path, dockerfile: bytes.toString() };
  const source = await plainArchive(staging, packing, signal);
  const trees = [{ kind: "directory", path: staging }] as const;
  // All files are the user's own on his side, so that he can read them.
  const owner = { uid: 0, gid: 0 };
  const actions = [{ kind: "unpack", from: 0, source, destination: "/", owner }] as const;
  await using workers = new TreeWorkers({ directories, mappings, key, signal });
  await workers.change({ destination: { kind: "directory", path: upper.path }, trees, actions });
  return { path: upper.path };
}

async function plainArchive(staging: string, packing: ArchivePacking, signal: AbortSignal): Promise<string> {
  if (packing === "plain") return "context";
  await decompressInto(join(staging, "context"), packing, join(staging, "context.tar"), signal);
  return "context.tar";
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const code = hasErrno(error, "ENOENT") ? "not-found" : "engine";
    throw new CntnrError(code, `${path} cannot be read: ${reasonOf(error)}`, { cause: error });
  }
}
