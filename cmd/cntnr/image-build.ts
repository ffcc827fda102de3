import type { NamedContext } from "../../runtime/build/build-request.ts";
import { openNamedContext } from "../../runtime/build/context/named-context.ts";
import { openContext } from "../../runtime/build/context/open-context.ts";
import { parseDockerfile } from "../../runtime/build/dockerfile/parse-dockerfile.ts";
import { isPlatform, ownPlatform, platformText } from "../../runtime/build/plan/platform.ts";
import { parseLabels } from "../../runtime/container/environment-flags.ts";
import { CntnrError } from "../../runtime/errors/cntnr-error.ts";
import { loadIdMappings } from "../../runtime/userns/load-id-mappings.ts";
import { printError } from "../command-line/output.ts";
import type { ParsedArguments } from "../command-line/parsed-arguments.ts";
import { printFindings, printTargets, refuseFindings } from "./build-check.ts";
import { checkForeignFlags, parseBuildArgs, parseNamedContexts } from "./build-flags.ts";
import { runBuild } from "./build-run.ts";
import type { CommandContext } from "./command.ts";

/** `cntnr image build` */
export function imageBuild(context: CommandContext): Promise<number> {
  const { args, directories, env: ownEnv } = context;
  checkPlatform(args);
  for (const remark of checkForeignFlags(args)) printError(`cntnr: ${remark}\n`);
  const call = args.has("check") ? "check" : args.value("call");
  if (call === "check" || call === "targets") return lookAtDockerfile(context, call);
  return runBuild(context, async (stack, signal, env) => {
    const buildArgs = parseBuildArgs(args.values("build-arg"), ownEnv);
    const keepsGit = buildArgs.get("BUILDKIT_CONTEXT_KEEP_GIT_DIR");
    const common = {
      stdin: readStdin,
      gitDirectory: /^(?:1|t|true)$/i.test(keepsGit ?? "") ? ("kept" as const) : ("removed" as const),
      directories,
      mappings: loadIdMappings(),
      env,
      signal,
    };
    const place = { context: args.positionals[0] ?? ".", file: args.value("file") };
    const opened = await openContext({ ...common, ...place }, stack);
    const contexts = new Map<string, NamedContext>();
    for (const [name, source] of parseNamedContexts(args.values("build-context")))
      contexts.set(name, await openNamedContext({ ...common, context: source }, stack));
    const target = args.value("target");
    const dockerfile = parseDockerfile(opened.dockerfile.name, opened.dockerfile.text);
    refuseFindings(dockerfile, buildArgs);
    return {
      dockerfile,
      context: { kind: "context", path: opened.path, ignore: opened.ignore },
      contexts,
      labels: parseLabels(args.values("label")),
      ...(target === undefined ? {} : { target }),
    };
  });
}

/** `--check`, `--call`: nothing is built. */
async function lookAtDockerfile(
  { args, directories, env }: CommandContext,
  call: "check" | "targets",
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
      signal: new AbortController().signal,
    },
    stack,
  );
  const dockerfile = parseDockerfile(file.name, file.text);
  if (call === "targets") return printTargets(dockerfile);
  return printFindings(dockerfile, parseBuildArgs(args.values("build-arg"), env));
}

async function readStdin(): Promise<Buffer> {
  return Buffer.from(await Bun.stdin.bytes());
}

function checkPlatform(args: ParsedArguments): void {
  const asked = args.value("platform");
  const own = ownPlatform();
  if (asked === undefined || isPlatform(asked, own)) return;
  throw new CntnrError(
    "unsupported",
    `--platform ${asked}: this machine is ${platformText(own)}, and builds are for it alone`,
  );
}
