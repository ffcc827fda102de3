import { openContext } from "../../runtime/build/context/open-context.ts";
import { parseDockerfile } from "../../runtime/build/dockerfile/parse-dockerfile.ts";
import { isPlatform, ownPlatform, platformText } from "../../runtime/build/plan/platform.ts";
import { parseLabels } from "../../runtime/container/environment-flags.ts";
import { CntnrError } from "../../runtime/errors/cntnr-error.ts";
import { loadIdMappings } from "../../runtime/userns/load-id-mappings.ts";
import type { ParsedArguments } from "../command-line/parsed-arguments.ts";
import { namedContexts } from "./build-flags.ts";
import { runBuild } from "./build-run.ts";
import type { CommandContext } from "./command.ts";

/** `cntnr image build` */
export function imageBuild(context: CommandContext): Promise<number> {
  const { args, directories } = context;
  checkPlatform(args);
  return runBuild(context, async (stack, signal, env) => {
    const opened = await openContext(
      {
        context: args.positionals[0] ?? ".",
        file: args.value("file"),
        stdin: () => Bun.stdin.bytes().then((bytes) => Buffer.from(bytes)),
        directories,
        mappings: loadIdMappings(),
        env,
        signal,
      },
      stack,
    );
    const target = args.value("target");
    return {
      dockerfile: parseDockerfile(opened.dockerfile.name, opened.dockerfile.text),
      context: { kind: "context", path: opened.path, ignore: opened.ignore },
      contexts: namedContexts(args.values("build-context")),
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
