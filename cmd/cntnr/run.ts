import { runContainer } from "../../runtime/container/run-container.ts";
import { print } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { createSurroundings } from "./create-surroundings.ts";
import { parseRunRequest } from "./run-request.ts";

/** `cntnr run` */
export async function run(context: CommandContext): Promise<number> {
  const { args, directories, env } = context;
  const result = await runContainer(directories, parseRunRequest(args, env), createSurroundings(context));
  if (result.kind === "ended") return result.exitCode;
  if (result.kind === "detached") print(`${result.id}\n`);
  return 0;
}
