import { findContainer } from "../../runtime/container/container-store.ts";
import { checkTerminal } from "../../runtime/container/run-foreground.ts";
import { CntnrError } from "../../runtime/errors/cntnr-error.ts";
import { execContainer, execDetached } from "../../runtime/exec/exec-container.ts";
import type { ExecRequest } from "../../runtime/exec/exec-request.ts";
import type { ParsedArguments } from "../command-line/parsed-arguments.ts";
import { parseAttachFlags } from "./attach-flags.ts";
import type { CommandContext } from "./command.ts";
import { parseEnvironment } from "./environment.ts";

/** `cntnr exec`: its exit code is the command's. */
export async function exec({ args, directories, env }: CommandContext): Promise<number> {
  const request = parseExecRequest(args, env);
  const record = findContainer(directories, args.positionals[0] ?? "");
  if (args.has("detach")) return detach();
  checkTerminal(request);
  const { detachKeys, signals } = parseAttachFlags(args);
  if (!request.tty) return execContainer(directories, record, request, { signals });
  const { execOnTerminal } = await import("../../runtime/exec/exec-terminal.ts");
  const end = await execOnTerminal(directories, record, request, { detachKeys });
  return end === "left" ? 0 : end;

  async function detach(): Promise<number> {
    await execDetached(directories, record, request);
    return 0;
  }
}

function parseExecRequest(args: ParsedArguments, env: NodeJS.ProcessEnv): ExecRequest {
  const [, ...command] = args.positionals;
  const user = args.value("user");
  const workingDir = args.value("workdir");
  if (command.length === 0) throw new CntnrError("usage", "exec: COMMAND is missing");
  if (workingDir !== undefined && !workingDir.startsWith("/"))
    throw new CntnrError("usage", `-w ${workingDir}: the working directory is not absolute`);
  return {
    command,
    env: parseEnvironment(args, env),
    ...(user === undefined ? {} : { user }),
    ...(workingDir === undefined ? {} : { workingDir }),
    tty: args.has("tty"),
    stdin: args.has("interactive"),
    isPrivileged: args.has("privileged"),
  };
}
