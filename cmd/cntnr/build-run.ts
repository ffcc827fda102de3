import { writeFileSync } from "node:fs";
import type { BuildListener } from "../../runtime/build/progress.ts";
import type { Engine } from "../../runtime/engine/engine.ts";
import type { Build, BuildOptions, BuildSettings } from "../../runtime/engine/image-builds.ts";
import { CntnrError, reasonOf } from "../../runtime/errors/cntnr-error.ts";
import type { LocalImage } from "../../runtime/image/local-image.ts";
import { nameToGive } from "../../runtime/image/name-image.ts";
import { registryOf } from "../../runtime/image/push-destination.ts";
import { interruptible } from "../command-line/interruption.ts";
import { print } from "../command-line/output.ts";
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
import { engineOf } from "./engine-of.ts";
import { progressPrinter } from "./progress-printer.ts";
import { parseTlsVerify } from "./tls-verify.ts";

/**
 * Builds an image as the flags of all image-making commands say, and prints its id. Ctrl-C ends it, and leaves nothing.
 * @param complete adds where the instructions come from
 */
export function runBuild(
  context: CommandContext,
  complete: (settings: BuildSettings) => Build,
): Promise<number> {
  return interruptible((signal) => build(context, complete, signal));
}

async function build(
  context: CommandContext,
  complete: (settings: BuildSettings) => Build,
  signal: AbortSignal,
): Promise<number> {
  const { args } = context;
  const engine = engineOf(context);
  const result = parseResult(args);
  const written = [...args.values("tag"), ...(result.kind === "image" ? result.names : [])];
  const names = written.map(nameToGive);
  if (result.kind === "image" && result.isPushed) checkPushable(names);
  const request = complete({ ...settingsOf(context), names });
  const options = optionsOf(context, signal);
  if (result.kind === "output") {
    await engine.images.buildTo(result.output, request, options);
    return 0;
  }
  const image = await engine.images.build(request, options);
  const idFile = args.value("iidfile");
  if (idFile !== undefined) writeAsked("iidfile", idFile, image.id);
  const metadataFile = args.value("metadata-file");
  if (metadataFile !== undefined)
    writeAsked("metadata-file", metadataFile, await metadataOf(engine, image, names));
  if (result.isPushed)
    for (const name of names)
      await engine.images.push(image.manifestDigest, registryOf(name), copyOptionsOf(context, signal));
  print(`${image.id}\n`);
  return 0;
}

function checkPushable(names: readonly string[]): void {
  if (names.length === 0)
    throw new CntnrError("usage", "--push: the image needs a name (-t) to be pushed to");
  for (const name of names) registryOf(name);
}

/** As buildx writes it (`--metadata-file`). */
async function metadataOf(engine: Engine, image: LocalImage, names: readonly string[]): Promise<string> {
  const found = await engine.images.find(image.manifestDigest);
  if (!found) throw new CntnrError("conflict", `the image ${image.id} was removed as soon as it was there`);
  const { digest, mediaType, size } = found.manifest;
  const metadata = {
    "containerimage.config.digest": image.id,
    "containerimage.descriptor": { mediaType, digest, size },
    "containerimage.digest": digest,
    ...(names.length === 0 ? {} : { "image.name": names.join(",") }),
  };
  return `${JSON.stringify(metadata, undefined, 2)}\n`;
}

function settingsOf({ args, env }: CommandContext): BuildSettings {
  const buildArgs = parseBuildArgs(args.values("build-arg"), env);
  return {
    buildArgs: Object.fromEntries(buildArgs),
    network: args.value("network") ?? "host",
    commands: commandSettings(args),
    annotations: parseAnnotations(args.values("annotation")),
    secrets: parseSecrets(args.values("secret")),
    agents: parseAgents(args.values("ssh"), env),
    pull: args.has("pull") ? "always" : "missing",
    cache: args.has("no-cache") ? "ignored" : "used",
    layers: args.has("squash") ? "one" : "one-a-step",
  };
}

function optionsOf(context: CommandContext, signal: AbortSignal): BuildOptions {
  const { onProgress, ...copying } = copyOptionsOf(context, signal);
  return {
    ...copying,
    ...(onProgress ? { onPullProgress: onProgress } : {}),
    onProgress: listenerOf(context),
  };
}

/** Of pulls and pushes. */
function copyOptionsOf({ args }: CommandContext, signal: AbortSignal) {
  const tlsVerify = parseTlsVerify(args);
  return {
    ...(args.has("quiet") ? {} : { onProgress: progressPrinter() }),
    ...(tlsVerify === undefined ? {} : { tlsVerify }),
    signal,
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
