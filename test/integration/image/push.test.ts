import { afterAll, beforeAll, expect, test } from "bun:test";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { imageReference, makeImage } from "../../fixtures/images.ts";
import { archive, endMark, file } from "../../fixtures/tar-archive.ts";
import { TerminalSession } from "../../fixtures/terminal-session.ts";
import { TestHost } from "../../fixtures/test-host.ts";
import { checked } from "../../fixtures/users.ts";

let host: TestHost;
beforeAll(async () => {
  host = await TestHost.start();
});
afterAll(() => host[Symbol.asyncDispose]());

test("a push shows on a terminal how far it is, and elsewhere only where it goes", async () => {
  const { alice } = host.users;
  const { address } = await host.startRegistry();
  const content = randomBytes(60_000_000);
  const image = makeImage(join(host.directory, "large"), [archive(file("random", content), endMark)]);
  const pull = ["cntnr", "--image-policy", "insecure", "image", "pull", "-q", imageReference(image)];
  checked(pull, await host.asUser(alice, pull));
  const push = (tag: string) => ["cntnr", "push", "large:test", `docker://${address}/large:${tag}`];
  await using session = TerminalSession.open(host, alice, push("1"));
  expect(await session.exited).toBe(0);
  const shown = [...session.output.matchAll(/sending: ([\d.]+) MB of ([\d.]+) MB/g)];
  const [done, totals] = [shown.map(([, mb]) => Number(mb)), new Set(shown.map(([, , mb]) => Number(mb)))];
  expect(totals).toEqual(new Set([60.0]));
  expect(done).toEqual(done.toSorted((a, b) => a - b));
  expect(done.at(-1)).toBeGreaterThan(0);
  const quiet = checked(push("2"), await host.asUser(alice, push("2")));
  expect(quiet.stderr).toBe(`The push refers to docker://${address}/large:2\n`);
});
