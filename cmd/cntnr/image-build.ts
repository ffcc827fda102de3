import { openContext } from "../../runtime/build/context/open-context.ts";
import { parseDockerfile } from "../../runtime/build/dockerfile/parse-dockerfile.ts";
import { checkPlatform } from "../../runtime/build/plan/platform.ts";
import { parseLabels } from "../../runtime/container/environment-flags.ts";
import { loadIdMappings } from "../../runtime/userns/load-id-mappings.ts";
import { printError } from "../command-line/output.ts";
import { printFindings, printOutline, printTargets } from "./build-check.ts";
import { checkForeignFlags, parseBuildArgs, parseNamedContexts, parseSecrets } from "./build-flags.ts";
import { runBuild } from "./build-run.ts";
import type { CommandContext } from "./command.ts";

/** `cntnr image build` */
export async function imageBuild(context: CommandContext): Promise<number> {
  const { args } = context;
  const platform = args.value("platform");
  if (platform !== undefined) checkPlatform(platform);
  for (const remark of checkForeignFlags(args)) printError(`cntnr: ${remark}\n`);
  const call = args.has("check") ? "check" : args.value("call");
  if (call === "check" || call === "targets" || call === "outline") return lookAtDockerfile(context, call);
  const [file, target] = [args.value("file"), args.value("target")];
  return runBuild(context, (settings) => ({
    ...settings,
    kind: "dockerfile",
    context: args.positionals[0] ?? ".",
    contexts: parseNamedContexts(args.values("build-context")),
    labels: parseLabels(args.values("label")),
    uncachedStages: args.values("no-cache-filter").flatMap((text) => text.split(",")),
    stdin: readStdin,
    ...(file === undefined ? {} : { file }),
    ...(target === undefined ? {} : { target }),
  }));
}

/** `--check`, `--call`: nothing is built. */
async function lookAtDockerfile(
  { args, directories, env }: CommandContext,
  call: "check" | "targets" | "outline",
): Promise<number> {
  await using stack = new AsyncDisposableStack();
  const { dockerfile: file } = await openContext(
    {
      context: args.positionals[0] ?? ".",
      file: args.value("file"),
      stdin: readStdin,
      directories,
      mappings: loadIdMappings(),
      env,
      secrets: parseSecrets(args.values("secret")),
      signal: new AbortController().signal,
    },
    stack,
  );
  const dockerfile = parseDockerfile(file.name, file.text);
  if (call === "targets") return printTargets(dockerfile);
  const buildArgs = parseBuildArgs(args.values("build-arg"), env);
  if (call === "check") return printFindings(dockerfile, buildArgs);
  const target = args.value("target");
  const contexts = new Set(parseNamedContexts(args.values("build-context")).keys());
  return printOutline(dockerfile, { buildArgs, contexts, ...(target === undefined ? {} : { target }) });
}

async function readStdin(): Promise<Buffer> {
  return Buffer.from(await Bun.stdin.bytes());
}
