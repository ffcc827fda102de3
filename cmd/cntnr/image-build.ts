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
import { checkForeignFlags, parseBuildArgs, parseNamedContexts } from "./build-flags.ts";
import { runBuild } from "./build-run.ts";
import type { CommandContext } from "./command.ts";

/** `cntnr image build` */
export function imageBuild(context: CommandContext): Promise<number> {
  const { args, directories } = context;
  checkPlatform(args);
  for (const remark of checkForeignFlags(args)) printError(`cntnr: ${remark}\n`);
  return runBuild(context, async (stack, signal, env) => {
    const keepsGit = parseBuildArgs(args.values("build-arg"), env).get("BUILDKIT_CONTEXT_KEEP_GIT_DIR");
    const common = {
      stdin: () => Bun.stdin.bytes().then((bytes) => Buffer.from(bytes)),
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
    return {
      dockerfile: parseDockerfile(opened.dockerfile.name, opened.dockerfile.text),
      context: { kind: "context", path: opened.path, ignore: opened.ignore },
      contexts,
      labels: parseLabels(args.values("label")),
      ...(target === undefined ? {} : { target }),
    };
  });
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
