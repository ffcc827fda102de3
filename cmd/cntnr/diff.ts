import { findContainer } from "../../runtime/container/container-store.ts";
import { diffContainer } from "../../runtime/copy/diff-container.ts";
import { print } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";

/** `cntnr diff`: a letter and a path a line, as they are on disk. */
export async function diff({ args, directories }: CommandContext): Promise<number> {
  const changes = await diffContainer(directories, findContainer(directories, args.positionals[0] ?? ""));
  for (const { kind, path } of changes) print(Buffer.from(`${kind} ${path}\n`, "latin1"));
  return 0;
}
