import { afterAll, beforeAll, expect, test } from "bun:test";
import { readdirSync, utimesSync } from "node:fs";
import { TestHost } from "../../fixtures/test-host.ts";
import { UserStore } from "../../fixtures/user-store.ts";

let host: TestHost;
beforeAll(async () => {
  host = await TestHost.start();
});
afterAll(() => host[Symbol.asyncDispose]());

/** Makes it look as if nobody had used a file's thing for that many days. */
function age(path: string, days: number): void {
  const time = new Date(Date.now() - days * 86_400_000);
  utimesSync(path, time, time);
}

test("gc removes bundles and images by their own ages, and nothing that is in use", async () => {
  const store = await UserStore.with(host, "busybox", "layered");
  for (const [name, image] of [
    ["old", "layered"],
    ["young", "busybox"],
  ] as const)
    await store.out("bundle", "create", "-b", name, image, "true");
  age(store.path("bundles/old.json"), 10);
  const records = readdirSync(store.path("layers")).filter((name) => name.endsWith(".json"));
  for (const name of records) age(store.path(`layers/${name}`), 10);
  await store.out("tag", "layered", "app:1", "app:2");
  const names = () => store.lines("images", "--format", "{{.Repository}}:{{.Tag}}");
  const bundles = () => store.lines("bundle", "ls", "-q");

  // Nothing is old enough, and no limit is no reason.
  expect(await store.out("gc", "-b", "20d", "-i", "20d", "-r", "20d", "-m", "9")).toContain(
    "Removed 0 blobs",
  );
  expect(await store.out("gc")).toContain("Removed 0 blobs");
  expect(await store.out("gc", "-b", "5d", "-m", "1", "--dry-run")).toBe(
    "bundle old goes, because nobody has used it for so long\napp:1 goes, because it is not among the youngest of its repository\n",
  );
  expect(await bundles()).toEqual(["old", "young"]);

  expect(await store.out("gc", "-b", "5d", "-m", "1")).toContain("bundle old goes");
  expect(await bundles()).toEqual(["young"]);
  expect(await names()).toEqual(["app:2", "localhost/busybox:latest", "localhost/layered:latest"]);

  // The image of a container stays whatever its age, and what a bundle is made of stays for it.
  await store.out("create", "--name", "user", "layered", "true");
  const layers = readdirSync(store.path("layers")).length;
  await store.out("gc", "-r", "0s");
  expect(await names()).toEqual(["app:2", "localhost/layered:latest"]);
  expect(readdirSync(store.path("layers")).length).toBeGreaterThanOrEqual(layers - 1);
  expect(await store.run(["bundle", "run", "young"])).toMatchObject({ exitCode: 0 });
  await store.out("rm", "user");
  await store.out("gc", "-b", "0s", "-r", "0s");
  expect([await bundles(), await names(), store.blobs()]).toEqual([[], [], []]);
  expect(readdirSync(store.path("layers"))).toEqual([]);
  expect(await store.run(["gc", "-b", "soon"])).toMatchObject({ exitCode: 125 });
});
