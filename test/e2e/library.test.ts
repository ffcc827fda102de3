import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { makeContext } from "../fixtures/build-context.ts";
import { CntnrShell } from "../fixtures/cntnr-shell.ts";
import { processesOf } from "../fixtures/processes.ts";
import type { RunningCommand } from "../fixtures/running-command.ts";
import { checked } from "../fixtures/users.ts";
import { waitFor } from "../fixtures/wait-for.ts";

/*
 * Programs of users that have the engine as a library: from source, under Bun, imported by the package's name.
 */

const root = join(import.meta.dirname, "../..");
const registryPort = 5001;
let alice: CntnrShell;
/** Where the sources are for her: the machine's own place may be root's alone. */
let sources: string;
beforeAll(async () => {
  alice = await CntnrShell.start();
  const { host } = alice;
  sources = join(host.directory, "source");
  mkdirSync(sources);
  const argv = ["mount", "--bind", root, sources];
  checked(argv, await host.asRoot(argv));
  const registry = [process.execPath, join(root, "test/fixtures/lying-registry.ts"), String(registryPort)];
  await host.spawnAsRoot(registry).waitForOutput(/^ready$/m);
  await alice.ok(
    "cntnr tag $IMAGE kept:1 && cntnr run -d --name kept kept:1 sh -c 'echo kept; exec sleep 1000'",
  );
  await alice.ok("cntnr bundle create -b kept kept:1 sh -c 'echo ready; sleep 1000'");
});
afterAll(() => alice[Symbol.asyncDispose]());

const programOf = (path: string) => `${join(sources, "node_modules/.bin/bun")} ${join(sources, path)}`;

/** What is there only while somebody works, and what may be left of something half done. */
async function traces() {
  const run = alice.host.path(`/run/user/${alice.host.users.alice.uid}/cntnr`);
  return {
    containers: (await alice.containers()).map(({ name, state }) => `${name} ${state}`),
    images: (await alice.ok("cntnr image ls --format '{{.Repository}}:{{.Tag}}'")).split("\n").sort(),
    temporary: readdirSync(alice.inStore("tmp")),
    layers: readdirSync(alice.inStore("layers")).length,
    locks: readdirSync(alice.inStore("containers")).filter(
      (name) => /\.lock$|\.new$/.test(name) && name !== "names.lock",
    ),
    sessions: readdirSync(join(run, "execs")),
    runtime: readdirSync(join(run, "runc")).length,
    sleepers: sleepers().length,
  };
}

type Traces = Awaited<ReturnType<typeof traces>>;

/** What was killed is gone when the call has ended; its supervisors may be about to end. */
async function leaves(before: Traces, but: Partial<Traces> = {}): Promise<void> {
  const expected = { ...before, ...but };
  await waitFor(async () => expect(await traces()).toEqual(expected) === undefined, {
    what: "what was there before",
  }).catch(async () => expect(await traces()).toEqual(expected));
}

const sleepers = () =>
  processesOf(alice.host).filter(({ arguments: [name, time] }) => name === "sleep" && time === "1000");

describe("a program of twenty lines", () => {
  test("pulls, runs, follows, aborts and removes; the README shows it", async () => {
    const before = await traces();
    const text = readFileSync(join(root, "test/demo/library.ts"), "utf8");
    expect(readFileSync(join(root, "README.md"), "utf8")).toContain(`\`\`\`ts\n${text}\`\`\`\n`);
    expect(text.split("\n").length).toBeLessThan(30);
    const printed = (await alice.ok(`${programOf("test/demo/library.ts")} $IMAGE`)).split("\n");
    expect(printed.slice(0, 3)).toEqual([
      'printed "hello" and ended with 0',
      "TimeoutError: it was killed, and nothing is left of it",
      'its log says "awake"',
    ]);
    // One that removes itself is told of by its supervisor, who may be slower than what the program does next.
    const happened = printed[3]?.replace("what happened: ", "").split(", ").sort();
    const three = (action: string) => [action, action, action];
    expect(happened).toEqual([...["create", "destroy", "die"].flatMap(three), "pull", ...three("start")]);
    await leaves(before);
  });

  test("builds, keeps a bundle, runs and removes it", async () => {
    const context = await makeContext(alice.host, alice.host.users.alice, {
      Dockerfile: `FROM ${alice.image.replace("docker://", "")}\nRUN echo built >/built\nCMD ["cat", "/built"]\n`,
    });
    const before = await traces();
    const printed = await alice.ok(`${programOf("test/demo/library-build.ts")} ${context}`);
    expect(printed.split("\n").filter((line) => !line.startsWith("step "))).toEqual([
      "bundle demo: created, of this image",
      "built",
      "not-found: there is no bundle demo (`cntnr bundle ls` lists them)",
    ]);
    expect(printed).toMatch(/^step \d+: done$/m);
    // The layers of its steps stay, for the next time.
    await leaves(before, { layers: expect.any(Number) });
  });

  test("measures, diagnoses, and cleans up", async () => {
    await alice.ok("cntnr run --name ended $IMAGE sh -c 'printf 12345 >/file; sleep 0'");
    const printed = await alice.ok(`${programOf("test/demo/library-system.ts")} kept`);
    expect(printed.split("\n")).toEqual([
      "kept: idle, 1 processes",
      "1 of 2 containers run, with sub-ids",
      expect.stringMatching(/^ExecStart=\S+.* start --sdnotify=conmon kept$/),
      "5 bytes of ended are free again",
      "builds: collected",
      "not-found",
    ]);
    expect((await alice.containers()).map(({ name }) => name)).toEqual(["kept"]);
  });

  test("finds it where the package is installed", async () => {
    const project = alice.inHome("project");
    mkdirSync(join(project, "node_modules"), { recursive: true });
    symlinkSync(sources, join(project, "node_modules/cntnr"));
    const program = `import { openEngine } from "cntnr";
const { containers } = await openEngine().containers.list();
for (const { name, state } of containers) console.log(name, state.kind);
`;
    writeFileSync(join(project, "program.ts"), program);
    expect(await alice.ok(`${join(sources, "node_modules/.bin/bun")} project/program.ts`)).toBe(
      "kept running",
    );
  });
});

describe("what is given up", () => {
  const scenario = async (name: string, more = ""): Promise<RunningCommand> => {
    const words = [`'${name}'`, "kept:1", more].join(" ");
    const program = alice.spawn(`${programOf("test/fixtures/library-aborts.ts")} ${words}`);
    await program.waitForOutput(/^ready$/m);
    return program;
  };

  async function giveUp(program: RunningCommand): Promise<string> {
    program.write("now\n");
    const [, outcome = "", time] = await program.waitForOutput(/^given up: (.*), after (.*) ms$/m);
    expect(Number(time)).toBeLessThan(10_000);
    await program.exited;
    return outcome;
  }

  const registry = `docker://127.0.0.1:${registryPort}`;

  test.each([
    ["pull", () => `${registry}/layer-stalls`],
    ["run", () => ""],
    ["run of a pull", () => `${registry}/layer-stalls`],
    ["exec", () => ""],
    ["exec on a terminal", () => ""],
    ["bundle run", () => "kept"],
    ["attach", () => ""],
    ["wait", () => ""],
    ["stop", () => ""],
  ])("a call of `%s` throws the signal's reason and leaves nothing half done", async (name, more) => {
    const before = await traces();
    const program = await scenario(name, more());
    const hasStarted = () => sleepers().length > before.sleepers;
    if (/^(?:run|exec|bundle run)$/.test(name)) await waitFor(hasStarted, { what: "its command" });
    expect(await giveUp(program)).toBe("AbortError");
    await leaves(before);
  });

  test("a build leaves no image, no container and no process", async () => {
    const context = await makeContext(alice.host, alice.host.users.alice, {
      Dockerfile: `FROM ${alice.image.replace("docker://", "")}\nRUN echo begun; sleep 1000\n`,
    });
    const before = await traces();
    const program = await scenario("build", context);
    await waitFor(() => sleepers().length > before.sleepers, { what: "the step's command" });
    expect(await giveUp(program)).toBe("AbortError");
    await leaves(before, { layers: expect.any(Number) });
  });

  test.each(["logs", "events"])("an iteration over %s ends", async (name) => {
    expect(await giveUp(await scenario(name))).toBe("the iteration ended");
  });

  test("an aborted wait does not end the container", async () => {
    expect((await alice.container("kept")).state).toBe("running");
  });
});

describe("whatever is in a container's files", () => {
  test("has no say in the processes that the library starts", async () => {
    const evil =
      'mkdir -p /x; for d in / /x; do echo "preload = [\\"/evil.ts\\"]" >$d/bunfig.toml; done; echo "EVIL=1" >/.env';
    await alice.ok(
      `cntnr run --name evil kept:1 sh -c '${evil}; echo "await Bun.write(process.env.HOME+\\"/evil\\",\\"\\")" >/evil.ts'`,
    );
    const program = alice.inHome("commit.ts");
    writeFileSync(
      program,
      `import { openEngine } from "${join(sources, "runtime/engine/engine.ts")}";
const image = await openEngine().containers.commit("evil", { name: "evil:1" });
console.log(image.name);
`,
    );
    expect(
      await alice.ok(`${join(sources, "node_modules/.bin/bun")} ${join(dirname(program), "commit.ts")}`),
    ).toContain("evil");
    expect(existsSync(alice.inHome("evil"))).toBe(false);
    await alice.ok("cntnr rm evil && cntnr rmi evil:1");
  });
});
