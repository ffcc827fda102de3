import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { makeBundle } from "../../bundle/make-bundle.ts";
import type { BundleOptions, NetworkMode } from "../../container/container-options.ts";
import { parseNetworkFlags } from "../../container/network-flag.ts";
import { CntnrError } from "../../errors/cntnr-error.ts";
import { digestOfHex } from "../../image/digest.ts";
import type { LocalImage } from "../../image/local-image.ts";
import type { UpperTree } from "../../layer/upper-tree.ts";
import { findConcessions } from "../../nesting/find-concessions.ts";
import { withConcededFlags } from "../../nesting/plan-concessions.ts";
import { removeTree } from "../../userns/remove-tree.ts";
import type { CommandSettings, RunOperation } from "../plan/operation.ts";
import { runKey } from "../plan/step-key.ts";
import { newBuildName, runContainer } from "./build-container.ts";
import { type BuildAccess, MountMaker } from "./run-mounts.ts";
import { type FindTree, findMountSources, type SourcedMount } from "./run-sources.ts";
import type { StageFiles } from "./stage-files.ts";
import { groundOf, type StepContext } from "./step-context.ts";
import type { StepResult } from "./step-result.ts";

export interface RunStepOptions {
  readonly access: BuildAccess;
  readonly settings: CommandSettings;
  readonly findTree: FindTree;
  readonly onOutput: (chunk: Buffer) => void;
  readonly onRemark: (text: string) => void;
  readonly onDetail: (text: string) => void;
}

/** Of the containers of all builds. */
const hostname = "build";

/** A command that ended with another exit code than 0. */
export class CommandFailure extends CntnrError {
  constructor(
    argv: readonly string[],
    readonly commandExitCode: number,
  ) {
    super("build", `\`${argv.join(" ")}\` ended with exit code ${commandExitCode}`);
  }
}

/** Runs a command on a stage's files. Throws CommandFailure, or CntnrError when it could not be run. */
export async function runStep(
  context: StepContext,
  files: StageFiles,
  operation: RunOperation,
  options: RunStepOptions,
): Promise<StepResult> {
  const mounts = await findMountSources(operation, options.findTree);
  const key = runKey(
    groundOf(context, files),
    operation,
    mounts.map(({ sum }) => sum),
    options.settings,
  );
  const known = context.runner.find(key);
  if (known) return known;
  return context.runner.run(key, files, async (upper) => ({
    kind: "filled",
    mountPoints: await execute(context, files, operation, mounts, upper, options),
  }));
}

async function execute(
  context: StepContext,
  files: StageFiles,
  operation: RunOperation,
  mounts: readonly SourcedMount[],
  upper: UpperTree,
  { access, settings, onOutput, onRemark, onDetail }: RunStepOptions,
): Promise<readonly string[]> {
  const { directories, key, mappings, env, signal } = context.surroundings;
  const concessions = await findConcessions(directories, mappings);
  await using stack = new AsyncDisposableStack();
  const { path: bundle } = stack.use(key.openDirectory(mappings));
  const secrets = join(directories.run, newBuildName());
  mkdirSync(secrets, { mode: 0o700 });
  stack.defer(() => removeTree(secrets, mappings));
  const made = await new MountMaker(context, access, secrets, stack).make(mounts, operation.script);
  const { remarks, details, mountPoints } = await makeBundle({
    directory: bundle,
    image: imageOf(files, operation),
    // Also on the host's network: what a command makes is to be the same on two machines.
    options: {
      ...optionsOf(operation, made),
      ...(concessions.noHostname === undefined ? { hostname } : {}),
      ...settings,
    },
    mappings,
    defaultHostname: hostname,
    runDir: directories.run,
    env,
    concessions,
    changes: upper.isCopied
      ? { kind: "copy", path: upper.copyPath }
      : { kind: "overlay", path: upper.path, work: upper.work },
    mounts: made.overlays,
  });
  for (const remark of remarks) onRemark(remark);
  for (const detail of details) onDetail(detail);
  const runtimeFlags = withConcededFlags([], concessions);
  const run = { bundle, runtimeFlags, lockFd: upper.lockFd, onOutput, signal };
  const exitCode = await runContainer(directories, run);
  if (exitCode !== 0) throw new CommandFailure(operation.argv, exitCode);
  return mountPoints;
}

/** The stage's files as an image that was never written. */
function imageOf({ lowers }: StageFiles, { user, workingDir }: RunOperation): LocalImage {
  const none = digestOfHex("0".repeat(64));
  return {
    name: "of a build",
    manifestDigest: none,
    id: none,
    layers: lowers,
    config: {
      architecture: "",
      os: "linux",
      user,
      env: [],
      entrypoint: [],
      cmd: [],
      workingDir,
      exposedPorts: [],
      volumes: [],
      labels: {},
    },
  };
}

function optionsOf(
  { argv, env, quietEnv, network }: RunOperation,
  made: { readonly requests: BundleOptions["mounts"]; readonly env: readonly string[] },
): BundleOptions {
  return {
    command: argv,
    entrypoint: [],
    env: [...quietEnv, ...env, ...made.env],
    tty: false,
    stdin: false,
    readOnly: false,
    mounts: made.requests,
    capAdd: [],
    capDrop: [],
    network: networkOf(network),
    labels: {},
  };
}

function networkOf(text: string): NetworkMode {
  const mode = parseNetworkFlags([text]);
  if (mode.kind !== "container") return mode;
  throw new CntnrError("unsupported", `--network ${text}: a build's commands cannot join a container`);
}
