import { rmSync } from "node:fs";
import { join } from "node:path";
import { type AgentRequest, type Agents, openAgents } from "../build/agent/open-agents.ts";
import { buildImage, buildOutput } from "../build/build-image.ts";
import type { BuildOutput, BuildRequest, BuildSurroundings, NamedContext } from "../build/build-request.ts";
import { epochOf } from "../build/builder.ts";
import { IgnoreRules } from "../build/context/ignore-rules.ts";
import { openNamedContext } from "../build/context/named-context.ts";
import { openContext, type TreeRequest } from "../build/context/open-context.ts";
import { refuseFindings } from "../build/dockerfile/findings.ts";
import { parseDockerfile } from "../build/dockerfile/parse-dockerfile.ts";
import { checkPlatform } from "../build/plan/platform.ts";
import { type StepFlag, stepsFromFlags } from "../build/plan/steps-from-flags.ts";
import type { BuildListener } from "../build/progress.ts";
import { newBuildName } from "../build/steps/build-container.ts";
import type { SecretSource } from "../build/steps/secrets.ts";
import { checkHostname } from "../container/name-flags.ts";
import type { LocalImage } from "../image/local-image.ts";
import { nameToGive } from "../image/name-image.ts";
import type { CopyOptions } from "../image/skopeo.ts";
import { loadIdMappings } from "../userns/load-id-mappings.ts";
import type { EngineContext, WaitOptions } from "./context.ts";

/** What all builds have; what is absent is docker's default. */
export interface BuildSettings
  extends Partial<
    Pick<BuildRequest, "network" | "commands" | "pull" | "cache" | "layers" | "labels" | "annotations">
  > {
  /** [HOST/]NAME[:TAG] each; none: the image can be had by its id. */
  readonly names?: readonly string[];
  /** Of ARG; SOURCE_DATE_EPOCH sets the times of the image and of its files, in seconds since 1970. */
  readonly buildArgs?: Readonly<Record<string, string>>;
  /** By id, for RUN --mount=type=secret, and for servers of files and repositories (HTTP_AUTH_*, GIT_AUTH_*). */
  readonly secrets?: ReadonlyMap<string, SecretSource>;
  /** For RUN --mount=type=ssh: sockets of agents, or private keys, for which an agent is started. */
  readonly agents?: readonly AgentRequest[];
}

/** An image to be built from a Dockerfile. */
export interface BuildFromContext extends BuildSettings {
  readonly kind: "dockerfile";
  /** A directory, a Git repository, a URL of a Dockerfile or an archive, or `-` for `stdin`. */
  readonly context: string;
  /** The Dockerfile: a path, or `-` for `stdin`. Default: Dockerfile or Containerfile in the context. */
  readonly file?: string;
  /** What `-` stands for. */
  readonly stdin?: () => Promise<Buffer>;
  /** OS/ARCHITECTURE; only this machine's can be built. */
  readonly platform?: string;
  /** Names or numbers of stages whose steps are done again (`--no-cache-filter`). */
  readonly uncachedStages?: readonly string[];
  /** Stop at this stage. */
  readonly target?: string;
  /** Sources by the name that COPY --from has for them: a directory, a repository, a URL, docker-image://IMAGE, oci-layout://DIRECTORY[:TAG]. */
  readonly contexts?: ReadonlyMap<string, string>;
}

/** An image to be made of steps, in their order. */
export interface BuildFromSteps extends BuildSettings {
  readonly kind: "steps";
  /** The image to begin with; without it nothing. */
  readonly from?: string;
  readonly author?: string;
  readonly steps: readonly StepFlag[];
  /** What relative paths of steps are relative to. Default: this process's working directory. */
  readonly directory?: string;
}

export type Build = BuildFromContext | BuildFromSteps;

export interface BuildOptions extends WaitOptions, Pick<CopyOptions, "tlsVerify" | "stallTimeoutMs"> {
  /** Told of steps and their output. */
  readonly onProgress?: BuildListener;
  /** Told of the pulls of base images. */
  readonly onPullProgress?: CopyOptions["onProgress"];
}

/** Builds an image into the store. Throws CntnrError. */
export function build(context: EngineContext, request: Build, options: BuildOptions): Promise<LocalImage> {
  const names = (request.names ?? []).map(nameToGive);
  return withRequest(context, request, options, (complete, surroundings) =>
    buildImage(context.directories, complete, names, surroundings),
  );
}

/** Builds, and writes the result elsewhere. Throws CntnrError. */
export function buildTo(
  context: EngineContext,
  output: BuildOutput,
  request: Build,
  options: BuildOptions,
): Promise<void> {
  const names = (request.names ?? []).map(nameToGive);
  return withRequest(context, request, options, (complete, surroundings) =>
    buildOutput(context.directories, complete, output, names, surroundings),
  );
}

/** What was fetched or unpacked for the build is there until `work` has ended. */
async function withRequest<T>(
  context: EngineContext,
  request: Build,
  options: BuildOptions,
  work: (complete: BuildRequest, surroundings: BuildSurroundings) => Promise<T>,
): Promise<T> {
  const { onProgress, onPullProgress, signal: own, ...pullOptions } = options;
  const { signal = new AbortController().signal } = context.waiting(own ? { signal: own } : {});
  const { imagePolicy } = context;
  await using stack = new AsyncDisposableStack();
  const agents = await agentsOf(context, request, stack);
  // Git's ssh finds the agent by it.
  const ownAgent = agents.get("default");
  const env = ownAgent === undefined ? context.env : { ...context.env, SSH_AUTH_SOCK: ownAgent };
  const parts =
    request.kind === "steps"
      ? partsOfSteps(request)
      : await partsOfContext(request, { directories: context.directories, env, signal }, stack);
  return await work(completeRequest(env, request, parts, agents), {
    env,
    pullOptions: {
      ...pullOptions,
      ...imagePolicy,
      ...(onPullProgress ? { onProgress: onPullProgress } : {}),
    },
    onProgress: onProgress ?? (() => undefined),
    signal,
  });
}

/** The agents of a build, which go with the stack. */
async function agentsOf(
  { directories }: EngineContext,
  { agents = [] }: BuildSettings,
  stack: AsyncDisposableStack,
): Promise<Agents> {
  const directory = join(directories.run, newBuildName());
  stack.defer(() => rmSync(directory, { recursive: true, force: true }));
  return openAgents(agents, directory, stack);
}

/** What depends on where a build's instructions come from. */
type OwnParts = Pick<BuildRequest, "dockerfile" | "context" | "contexts" | "target" | "uncachedStages">;

function completeRequest(
  env: NodeJS.ProcessEnv,
  request: Build,
  parts: OwnParts,
  agents: Agents,
): BuildRequest {
  const buildArgs = new Map(Object.entries(request.buildArgs ?? {}));
  const epochSeconds = epochOf(buildArgs, env);
  const { network = "host" } = request;
  const hostname = buildArgs.get("BUILDKIT_SANDBOX_HOSTNAME");
  return {
    ...parts,
    buildArgs,
    labels: request.labels ?? {},
    network: network === "default" ? "host" : network,
    commands: {
      ...{ addHosts: [], ulimits: [] },
      ...(hostname ? { hostname: checkHostname(hostname) } : {}),
      ...request.commands,
    },
    annotations: request.annotations ?? {},
    access: { secrets: request.secrets ?? new Map(), agents },
    pull: request.pull ?? "missing",
    cache: request.cache ?? "used",
    layers: request.layers ?? "one-a-step",
    ...(epochSeconds === undefined ? {} : { epochSeconds }),
  };
}

async function partsOfContext(
  request: BuildFromContext,
  place: Pick<TreeRequest, "directories" | "env" | "signal">,
  stack: AsyncDisposableStack,
): Promise<OwnParts> {
  const {
    context,
    file,
    platform,
    target,
    uncachedStages = [],
    stdin = () => Promise.resolve(Buffer.alloc(0)),
  } = request;
  if (platform !== undefined) checkPlatform(platform);
  const keepsGit = /^(?:1|t|true)$/i.test(request.buildArgs?.BUILDKIT_CONTEXT_KEEP_GIT_DIR ?? "");
  const gitDirectory = keepsGit ? ("kept" as const) : ("removed" as const);
  const secrets = request.secrets ?? new Map<string, SecretSource>();
  const common = { ...place, secrets, stdin, gitDirectory, mappings: loadIdMappings() };
  const opened = await openContext({ ...common, context, file }, stack);
  const contexts = new Map<string, NamedContext>();
  for (const [name, source] of request.contexts ?? [])
    contexts.set(name, await openNamedContext({ ...common, context: source }, stack));
  const dockerfile = parseDockerfile(opened.dockerfile.name, opened.dockerfile.text);
  refuseFindings(dockerfile, new Map(Object.entries(request.buildArgs ?? {})));
  return {
    dockerfile,
    context: { kind: "context", path: opened.path, ignore: opened.ignore },
    contexts,
    uncachedStages: new Set(uncachedStages.map((name) => name.toLowerCase())),
    ...(target === undefined ? {} : { target }),
  };
}

function partsOfSteps({ from, author, steps, directory = process.cwd() }: BuildFromSteps): OwnParts {
  const planned = stepsFromFlags(from, author, steps, directory);
  return {
    dockerfile: planned.dockerfile,
    context: contextAt(directory),
    uncachedStages: new Set(),
    contexts: new Map([...planned.directories].map(([name, path]) => [name, contextAt(path)])),
  };
}

function contextAt(path: string) {
  return { kind: "context", path, ignore: IgnoreRules.none } as const;
}
