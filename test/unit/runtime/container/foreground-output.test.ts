import { expect, test } from "bun:test";
import { join } from "node:path";
import { runCommand } from "../../../../runtime/process/run-command.ts";

const runtime = join(import.meta.dirname, "../../../../runtime");

/** Passes on what a shell script prints, as `cntnr run --rm` does it; both streams go where standard output goes. */
function passedOn(script: string, attached: readonly string[]): Promise<{ readonly stdout: string }> {
  const program = `
    import { ForegroundOutput } from ${JSON.stringify(join(runtime, "container/foreground-output.ts"))};
    import { spawnAttached } from ${JSON.stringify(join(runtime, "sys/spawn-attached.ts"))};
    using output = new ForegroundOutput({ attached: ${JSON.stringify(attached)}, runtimeWords: "run" });
    const options = { stdin: "ignore", output: output.stdio, ownSession: true };
    const { ended } = spawnAttached(["sh", "-c", ${JSON.stringify(script)}], options);
    await output.pass(ended, async () => false);
  `;
  const shell = ["-c", 'exec "$0" -e "$1" 2>&1', process.execPath, program];
  return runCommand("sh", shell, { timeoutMs: 60_000 });
}

const script = "i=0; while [ $i -lt 500 ]; do echo o$i; echo e$i >&2; i=$((i+1)); done";
const said = Array.from({ length: 500 }, (_, i) => [`o${i}\n`, `e${i}\n`]);

test("keeps what goes to one place in the order in which it was said", async () => {
  expect((await passedOn(script, ["stdout", "stderr"])).stdout).toBe(said.flat().join(""));
});

test("shows one of the two alone where the other is not attached", async () => {
  for (const [i, stream] of ["stdout", "stderr"].entries())
    expect((await passedOn(script, [stream])).stdout).toBe(said.map((pair) => pair[i]).join(""));
});
