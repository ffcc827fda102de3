import type { ChildProcess } from "node:child_process";

/** How long output is waited for after the end of a process, when something that it has left running keeps its pipes open. */
const heldPipesMs = 200;

/**
 * Waits for the end of a child process and of its output. Returns the exit code, null after a signal, which is named. Throws what kept it
 * from being started.
 */
export function endOfChild(
  child: Pick<ChildProcess, "once">,
): Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code: number | null, signal: NodeJS.Signals | null) => {
      // Its last output may come after this: "close" says that all has come.
      const limit = setTimeout(() => resolve({ code, signal }), heldPipesMs);
      child.once("close", () => {
        clearTimeout(limit);
        resolve({ code, signal });
      });
    });
  });
}
