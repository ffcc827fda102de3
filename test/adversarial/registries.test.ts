import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { TestHost } from "../fixtures/test-host.ts";
import { checked, type TestUser } from "../fixtures/users.ts";

/*
 * Registries that stall or lie (B8): a clear error in one line, in time, and no image; the next pull works.
 */

const port = 5001;
const stallSeconds = 5;
let host: TestHost;
let alice: TestUser;

beforeAll(async () => {
  host = await TestHost.start();
  alice = host.users.alice;
  const program = join(import.meta.dirname, "../fixtures/lying-registry.ts");
  const registry = host.spawnAsRoot([process.execPath, program, String(port)]);
  await registry.waitForOutput(/^ready$/m);
  const configure = `mkdir -p .config/cntnr && printf '[registry]\\nstall-timeout = ${stallSeconds}\\n' >.config/cntnr/config.ini`;
  checked(["sh"], await host.asUser(alice, ["sh", "-c", configure]));
});
afterAll(() => host[Symbol.asyncDispose]());

function pull(repository: string) {
  const reference = `docker://127.0.0.1:${port}/${repository}`;
  return host.asUser(alice, ["cntnr", "--image-policy", "insecure", "image", "pull", "--quiet", reference], {
    timeoutMs: 45_000,
  });
}

/** Names in the store that are there only while somebody works, or when there is an image. */
function traces(): Record<string, readonly string[]> {
  const store = host.storeOf(alice);
  const list = (name: string) => (existsSync(join(store, name)) ? readdirSync(join(store, name)) : []);
  return { layers: list("layers"), links: list("l"), tmp: list("tmp") };
}

const nothing = { layers: [], links: [], tmp: [] };

describe("a registry's lie is one clear line and leaves nothing (B8)", () => {
  test.each([
    ["manifest-is-html", /manifest|JSON/i],
    ["manifest-is-empty", /manifest|JSON|EOF/i],
    ["manifest-is-huge", /too large|manifest|exceeds/i],
    ["manifest-is-both", /manifest/i],
    ["manifest-type-lies", /manifest/i],
    ["layer-size-too-small", /does not have the|longer than|damaged|size/i],
    ["layer-size-too-large", /does not have the|longer than|damaged|size/i],
    ["layer-size-negative", /size|manifest/i],
    ["layer-type-unknown", /type/i],
    ["config-type-unknown", /its configuration is/],
    ["digest-is-a-path", /digest/i],
    ["digest-is-unknown", /digest/i],
    ["layers-are-many", /30 layers, but its configuration names 1/],
    ["layer-is-missing", /is damaged|not|404|unknown/i],
    ["layer-ends-early", /damaged|EOF|connection/i],
    ["layer-is-short", /damaged/],
    ["layer-is-another", /damaged/],
    ["layer-is-longer", /damaged/],
    ["layer-moves-around", /redirect/i],
    ["manifest-stalls", /has sent nothing for 5 s/],
    ["layer-stalls", /has sent nothing for 5 s/],
  ])("%s", async (repository, reason) => {
    const { exitCode, stderr, stdout } = await pull(repository);
    expect(stderr).toMatch(reason);
    expect(stderr).toMatch(/^cntnr: /);
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
    expect(traces()).toEqual(nothing);
    expect((await host.asUser(alice, ["cntnr", "image", "ls", "-q"])).stdout).toBe("");
  });

  test("a digest that was asked for is the one that comes", async () => {
    const { exitCode, stderr } = await pull(`honest@sha256:${"0".repeat(64)}`);
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(/digest|match/i),
    });
    expect(traces()).toEqual(nothing);
  });

  test("and afterwards an honest one works, with what is left of the lies", async () => {
    expect(await pull("honest")).toMatchObject({ exitCode: 0, stderr: "" });
    const index = host.storeOf(alice, "images/index.json");
    expect(JSON.parse(readFileSync(index, "utf8")).manifests).toHaveLength(1);
    expect(traces().layers?.length).toBe(2);
  });
});
