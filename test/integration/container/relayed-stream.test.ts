import { expect, test } from "bun:test";
import { RelayedStream } from "../../../runtime/container/relayed-stream.ts";

/** What comes through the pipe from a line of shell, and the exit code. */
async function pass(script: string, take: (text: string) => boolean): Promise<number> {
  using relay = new RelayedStream();
  const child = Bun.spawn(["sh", "-c", script], { stdio: ["ignore", relay.writeEnd, "ignore"] });
  relay.closeOwnEnd();
  const passing = relay.passTo(async (bytes) => take(Buffer.from(bytes).toString()));
  void child.exited.then(() => relay.endSoon());
  await passing;
  return child.exited;
}

test("all that was printed comes through, also when its reader is slower than its end", async () => {
  let text = "";
  await pass("head -c 60000 /dev/zero | tr '\\0' x", (piece) => {
    text += piece;
    return true;
  });
  expect(text).toHaveLength(60_000);
});

test("what lives on with the pipe is not waited for", async () => {
  let text = "";
  const start = performance.now();
  await pass("sleep 20 & echo done", (piece) => {
    text += piece;
    return true;
  });
  expect(text).toBe("done\n");
  expect(performance.now() - start).toBeLessThan(20_000);
});

test("who prints on when nobody wants more ends by it", async () => {
  expect(await pass("exec yes", () => false)).not.toBe(0);
});
