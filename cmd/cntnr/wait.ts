import { lostExitCode } from "../../runtime/container/container-state.ts";
import { waitForEnd } from "../../runtime/container/end-container.ts";
import { print } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { forEachContainer } from "./each-container.ts";

/** `cntnr wait`: one exit code a line. Of a container that removes itself the code goes with it. */
export function wait({ args, directories }: CommandContext): Promise<number> {
  return forEachContainer(directories, args.positionals, async (record) => {
    const state = await waitForEnd(directories, record);
    print(`${state?.kind === "exited" ? state.exitCode : lostExitCode}\n`);
  });
}
