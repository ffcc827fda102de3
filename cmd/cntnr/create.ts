import { createContainer } from "../../runtime/container/create-container.ts";
import { parseAttachedStreams } from "./attach-flags.ts";
import { print } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { createSurroundings } from "./create-surroundings.ts";
import { parseCreateRequest } from "./run-request.ts";

/** `cntnr create` */
export async function create(context: CommandContext): Promise<number> {
  const { args, directories, env } = context;
  // It is `start` that attaches.
  parseAttachedStreams(args);
  const request = parseCreateRequest(args, env);
  const made = { madeBy: "create", stdinOnce: request.options.stdin } as const;
  const { id } = await createContainer(directories, request, createSurroundings(context), made);
  print(`${id}\n`);
  return 0;
}
