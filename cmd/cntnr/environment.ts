import { parseEnvFile, parseEnvFlag } from "../../runtime/container/environment-flags.ts";
import { readFlagFile } from "../../runtime/container/flag-file.ts";
import type { ParsedArguments } from "../command-line/parsed-arguments.ts";

/** `--env-file` and `-e`. Files first: what stands on the command line wins. Throws CntnrError. */
export function parseEnvironment(args: ParsedArguments, env: NodeJS.ProcessEnv): string[] {
  const fromFiles = args
    .values("env-file")
    .flatMap((path) => parseEnvFile(readFlagFile("--env-file", path), path, env));
  return [...fromFiles, ...args.values("env").flatMap((text) => parseEnvFlag(text, env) ?? [])];
}
