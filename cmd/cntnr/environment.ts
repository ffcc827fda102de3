import { readFileSync } from "node:fs";
import { parseEnvFile, parseEnvFlag } from "../../runtime/container/environment-flags.ts";
import { CntnrError, messageOf } from "../../runtime/errors/cntnr-error.ts";
import type { ParsedArguments } from "../command-line/parsed-arguments.ts";

/** `--env-file` and `-e`. Files first: what stands on the command line wins. Throws CntnrError. */
export function parseEnvironment(args: ParsedArguments, env: NodeJS.ProcessEnv): string[] {
  const fromFiles = args.values("env-file").flatMap((path) => parseEnvFile(readEnvFile(path), path, env));
  return [...fromFiles, ...args.values("env").flatMap((text) => parseEnvFlag(text, env) ?? [])];
}

function readEnvFile(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new CntnrError("not-found", `--env-file: ${messageOf(error)}`, { cause: error });
  }
}
