import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Agents, openAgents } from "../../runtime/build/agent/open-agents.ts";
import { buildImage, buildOutput } from "../../runtime/build/build-image.ts";
import type { BuildRequest } from "../../runtime/build/build-request.ts";
import { epochOf } from "../../runtime/build/builder.ts";
import type { BuildListener } from "../../runtime/build/progress.ts";
import { newBuildName } from "../../runtime/build/steps/build-container.ts";
import { CntnrError, reasonOf } from "../../runtime/errors/cntnr-error.ts";
import { findImage } from "../../runtime/image/find-image.ts";
import type { LocalImage } from "../../runtime/image/local-image.ts";
import type { Descriptor } from "../../runtime/image/oci-documents.ts";
import { registryOf } from "../../runtime/image/push-destination.ts";
import { parseImageReference } from "../../runtime/image/reference.ts";
import type { Directories } from "../../runtime/store/directories.ts";
import { interruptible } from "../command-line/interruption.ts";
import { print } from "../command-line/output.ts";
import type { ParsedArguments } from "../command-line/parsed-arguments.ts";
import {
  commandSettings,
  parseAgents,
  parseAnnotations,
  parseBuildArgs,
  parseResult,
  parseSecrets,
} from "./build-flags.ts";
import { buildPrinter, quietPrinter } from "./build-printer.ts";
import type { CommandContext } from "./command.ts";
import { progressPrinter } from "./progress-printer.ts";
import { parseTlsVerify } from "./tls-verify.ts";

/** The parts of a build that do not depend on where its instructions come from. */
type OwnParts = Pick<BuildRequest, "dockerfile" | "context" | "contexts" | "labels" | "target">;

/** Gets the instructions; what they need meanwhile is the stack's. `env` is the build's. */
type Prepare = (
  stack: AsyncDisposableStack,
  signal: AbortSignal,
  env: NodeJS.ProcessEnv,
) => Promise<OwnParts>;

/** Builds an image as the flags of all image-making commands say, and prints its id. Ctrl-C ends it, and leaves nothing. */
export function runBuild(context: CommandContext, prepare: Prepare): Promise<number> {
  return interruptible((signal) => build(context, prepare, signal));
}

async function build(context: CommandContext, prepare: Prepare, signal: AbortSignal): Promise<number> {
  const { args, directories, env } = context;
  const result = parseResult(args);
  const written = [...args.values("tag"), ...(result.kind === "image" ? result.names : [])];
  const names = written.map(nameOf);
  if (result.kind === "image" && result.isPushed) checkPushable(names);
  const shared = sharedParts(args, env);
  await using stack = new AsyncDisposableStack();
  const agents = await agentsOf(context, stack);
  // Git's ssh finds the agent by it.
  const ownAgent = agents.get("default");
  const buildEnv = ownAgent === undefined ? env : { ...env, SSH_AUTH_SOCK: ownAgent };
  const own = await prepare(stack, signal, buildEnv);
  const access = { secrets: parseSecrets(args.values("secret")), agents };
  const request = { ...shared, ...own, access };
  const surroundings = {
    env: buildEnv,
    pullOptions: pullOptionsOf(context),
    onProgress: listenerOf(context),
    signal,
  };
  if (result.kind === "output") {
    await buildOutput(directories, request, result.output, names, surroundings);
    return 0;
  }
  const image = await buildImage(directories, request, names, surroundings);
  const idFile = args.value("iidfile");
  if (idFile !== undefined) writeAsked("iidfile", idFile, image.id);
  const metadataFile = args.value("metadata-file");
  if (metadataFile !== undefined)
    writeAsked("metadata-file", metadataFile, metadataOf(directories, image, names));
  if (result.isPushed) await pushAll(context, image, names);
  print(`${image.id}\n`);
  return 0;
}

function checkPushable(names: readonly string[]): void {
  if (names.length === 0)
    throw new CntnrError("usage", "--push: the image needs a name (-t) to be pushed to");
  for (const name of names) registryOf(name);
}

async function pushAll(
  { args, directories, imagePolicy }: CommandContext,
  image: LocalImage,
  names: readonly string[],
): Promise<void> {
  const { copyOut } = await import("../../runtime/image/copy-out.ts");
  const tlsVerify = parseTlsVerify(args);
  const manifest = manifestOf(directories, image);
  for (const name of names)
    await copyOut(directories, { store: directories, image: { name, manifest } }, registryOf(name), {
      ...(args.has("quiet") ? {} : { onProgress: progressPrinter() }),
      ...(imagePolicy === undefined ? {} : { imagePolicy }),
      ...(tlsVerify === undefined ? {} : { tlsVerify }),
    });
}

function manifestOf(directories: Directories, { manifestDigest }: LocalImage): Descriptor {
  const found = findImage(directories, manifestDigest);
  if (found) return found.manifest;
  throw new CntnrError("conflict", `the image ${manifestDigest} was removed as soon as it was there`);
}

/** As buildx writes it (`--metadata-file`). */
function metadataOf(directories: Directories, image: LocalImage, names: readonly string[]): string {
  const { digest, mediaType, size } = manifestOf(directories, image);
  const metadata = {
    "containerimage.config.digest": image.id,
    "containerimage.descriptor": { mediaType, digest, size },
    "containerimage.digest": digest,
    ...(names.length === 0 ? {} : { "image.name": names.join(",") }),
  };
  return `${JSON.stringify(metadata, undefined, 2)}\n`;
}

/** The agents of `--ssh`, which go with the stack. */
async function agentsOf(
  { args, directories, env }: CommandContext,
  stack: AsyncDisposableStack,
): Promise<Agents> {
  const requests = parseAgents(args.values("ssh"), env);
  const directory = join(directories.run, newBuildName());
  stack.defer(() => rmSync(directory, { recursive: true, force: true }));
  return openAgents(requests, directory, stack);
}

function sharedParts(
  args: ParsedArguments,
  env: NodeJS.ProcessEnv,
): Omit<BuildRequest, keyof OwnParts | "access"> {
  const buildArgs = parseBuildArgs(args.values("build-arg"), env);
  const epochSeconds = epochOf(buildArgs, env);
  const network = args.value("network") ?? "host";
  return {
    buildArgs,
    network: network === "default" ? "host" : network,
    commands: commandSettings(args, buildArgs),
    annotations: parseAnnotations(args.values("annotation")),
    pull: args.has("pull") ? "always" : "missing",
    cache: args.has("no-cache") ? "ignored" : "used",
    layers: args.has("squash") ? "one" : "one-a-step",
    ...(epochSeconds === undefined ? {} : { epochSeconds }),
  };
}

/** A name for a new image: no file, no digest. */
function nameOf(text: string): string {
  const reference = parseImageReference(text);
  if (reference.transport === "plain" && !reference.name.includes("@")) return reference.name;
  throw new CntnrError("usage", `-t ${text}: an image's name is written NAME[:TAG]`);
}

function pullOptionsOf({ args, imagePolicy }: CommandContext) {
  const tlsVerify = parseTlsVerify(args);
  return {
    ...(args.has("quiet") ? {} : { onProgress: progressPrinter() }),
    ...(imagePolicy === undefined ? {} : { imagePolicy }),
    ...(tlsVerify === undefined ? {} : { tlsVerify }),
  };
}

function listenerOf({ args, verbose }: CommandContext): BuildListener {
  const manner = args.value("progress");
  const isQuiet = args.has("quiet") || manner === "quiet";
  const print = isQuiet
    ? quietPrinter()
    : buildPrinter(manner === "plain" || manner === "tty" ? manner : "auto");
  return (progress) => {
    if (verbose || progress.kind !== "remark" || !progress.isDetail) print(progress);
  };
}

function writeAsked(flag: string, path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw new CntnrError("engine", `--${flag} ${path}: ${reasonOf(error)}`, { cause: error });
  }
}
