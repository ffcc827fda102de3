import { expect, test } from "bun:test";
import { join } from "node:path";
import { identifyPeer } from "../../../../netd/peer/identify-peer.ts";
import { unixSocketPair } from "../../../../netd/sys/libc.ts";

const sources = join(import.meta.dir, "../../../../netd");

/** What another process, started by the words, makes of our end of a socket pair, which it has as descriptor 3. */
async function identifiedBy(words: readonly string[], before = ""): Promise<string> {
  const [ours, theirs] = unixSocketPair();
  using _ours = ours;
  using _theirs = theirs;
  const script = `
    const { identifyPeer } = await import(${JSON.stringify(join(sources, "peer/identify-peer.ts"))});
    const { openSync } = await import("node:fs");
    ${before}
    try {
      console.log("uid", identifyPeer(3, "socket").uid);
    } catch (error) {
      console.log("refused", error.message);
    }`;
  const child = Bun.spawn([...words, process.execPath, "-e", script], {
    stdio: ["ignore", "pipe", "inherit", theirs.number],
  });
  return (await new Response(child.stdout).text()).trim();
}

test("who made the other end of a socket is who is asked for", () => {
  const [ours, theirs] = unixSocketPair();
  using _ours = ours;
  using _theirs = theirs;
  using peer = identifyPeer(ours.number, "socket");
  expect([peer.uid, peer.pid]).toEqual([process.getuid?.() ?? -1, process.pid]);
});

test("a failure to get the peer's process is a refusal, and never taken for a kernel that cannot (P9)", async () => {
  // Without a free descriptor there is no pidfd.
  const exhaust = 'try { for (;;) openSync("/dev/null", "r"); } catch {}';
  const answer = await identifiedBy(["prlimit", "--nofile=128:128"], exhaust);
  expect(answer).toBe("refused getsockopt: errno 24");
});

test("a peer that has no number here, being of a pid namespace outside, is refused (P10)", async () => {
  expect(await identifiedBy([])).toBe(`uid ${process.getuid?.()}`);
  expect(await identifiedBy(["unshare", "--pid", "--fork"])).toBe("refused peer is of another pid namespace");
});
