import type { ExecOptions } from "../../runtime/engine/container-work.ts";
import { CntnrError } from "../../runtime/errors/cntnr-error.ts";
import type { ParsedArguments } from "../command-line/parsed-arguments.ts";
import { parseAttachFlags } from "./attach-flags.ts";
import type { CommandContext } from "./command.ts";
import { engineOf } from "./engine-of.ts";
import { parseEnvironment } from "./environment.ts";

/** `cntnr exec`: its exit code is the command's. */
export async function exec(context: CommandContext): Promise<number> {
  const { args, env } = context;
  const engine = engineOf(context);
  const [container = "", ...command] = args.positionals;
  if (command.length === 0) throw new CntnrError("usage", "exec: COMMAND is missing");
  const options = parseExecOptions(args, env);
  if (args.has("detach")) {
    await engine.containers.execDetached(container, command, options);
    return 0;
  }
  const stdin = args.has("interactive") ? "pass" : "keep";
  const streams = { kind: "own", ...parseAttachFlags(args), stdin } as const;
  const tty = args.has("tty");
  const end = await engine.containers.execAttached(container, command, streams, { ...options, tty });
  return end.kind === "left" ? 0 : end.exitCode;
}

function parseExecOptions(args: ParsedArguments, env: NodeJS.ProcessEnv): ExecOptions {
  const user = args.value("user");
  const workingDir = args.value("workdir");
  if (workingDir !== undefined && !workingDir.startsWith("/"))
    throw new CntnrError("usage", `-w ${workingDir}: the working directory is not absolute`);
  return {
    env: parseEnvironment(args, env),
    ...(user === undefined ? {} : { user }),
    ...(workingDir === undefined ? {} : { workingDir }),
    isPrivileged: args.has("privileged"),
  };
}
