import { exitCodeOf, waitForEnd } from "../../runtime/container/end-container.ts";
import { print } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { forEachContainer } from "./each-container.ts";

/** `cntnr wait`: one exit code a line. */
export function wait({ args, directories }: CommandContext): Promise<number> {
  return forEachContainer(directories, args.positionals, async (record) => {
    const state = await waitForEnd(directories, record);
    if (state) print(`${exitCodeOf(state)}\n`);
  });
}
