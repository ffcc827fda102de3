import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readlinkSync } from "node:fs";
import { CntnrShell } from "../fixtures/cntnr-shell.ts";
import { processesOf, waitForNoProcesses } from "../fixtures/processes.ts";
import { waitFor } from "../fixtures/wait-for.ts";

let alice: CntnrShell;
beforeAll(async () => {
  alice = await CntnrShell.start();
});
afterEach(() => alice.clear());
afterAll(() => alice[Symbol.asyncDispose]());

/** Names of what is there of containers, `names` aside. */
const remains = () => readdirSync(alice.inStore("containers")).filter((name) => name !== "names");

describe("in the foreground", () => {
  test.each([
    ["true", 0],
    ["false", 1],
    ["sh -c 'exit 42'", 42],
    ["sh -c 'sh -c \"kill -9 \\$\\$\"; exit $?'", 137],
    ["sh -c 'kill -TERM $$; exit 3'", 3],
    ["no-such-command", 127],
    ["/etc/passwd", 126],
    ["/no/such/file", 127],
  ])("`%s` ends with its own exit code", async (command, exitCode) => {
    const result = await alice.run(`cntnr run --rm $IMAGE ${command}`);
    expect(result.exitCode).toBe(exitCode);
    expect(remains()).toEqual([]);
  });

  test("standard input is piped through, byte by byte, to its end", async () => {
    const input = Buffer.alloc(3_000_000);
    for (let index = 0; index < input.length; index++) input[index] = (index * 7919) % 251;
    const expected = new Bun.CryptoHasher("sha256").update(input).digest("hex");
    expect(await alice.ok("cntnr run --rm -i $IMAGE sha256sum", { input })).toBe(`${expected}  -`);
  });

  test("standard input is not the container's without -i", async () => {
    expect(await alice.ok("cntnr run --rm $IMAGE cat", { input: "not for it" })).toBe("");
  });

  test("a large output is complete, and standard output and error stay apart", async () => {
    const script = "seq 1 400000; echo problem >&2";
    const { stdout, stderr, exitCode } = await alice.run(`cntnr run --rm $IMAGE sh -c '${script}'`);
    expect(stdout.length).toBe(2_688_895);
    expect(stdout).toEndWith("399999\n400000\n");
    expect({ stderr, exitCode }).toEqual({ stderr: "problem\n", exitCode: 0 });
  });

  test.each(["INT", "TERM", "HUP", "QUIT", "USR1", "USR2"] as const)(
    "SIG%s is passed on to the container",
    async (signal) => {
      const script = `trap "echo got; exit 7" ${signal}; echo ready; while :; do sleep 0.05; done`;
      const run = alice.spawn(`cntnr run --rm $IMAGE sh -c '${script}'`);
      await run.waitForOutput(/ready/);
      run.kill(`SIG${signal}`);
      expect(await run.exited).toBe(7);
      await waitFor(() => run.stdout.includes("got"), { what: "what the trap prints" });
      expect(remains()).toEqual([]);
    },
  );

  test("whoever closes the pipe that it prints to ends it", async () => {
    expect(await alice.ok("cntnr run --rm $IMAGE yes | head -n 1")).toBe("y");
    await waitFor(() => remains().length === 0, { what: "the end of the container" });
  });

  test("without --rm it stays, with its exit code", async () => {
    await alice.run("cntnr run --name kept $IMAGE sh -c 'exit 5'");
    expect((await alice.container("kept")).status).toStartWith("Exited (5)");
    await alice.ok("cntnr rm kept");
    expect(remains()).toEqual([]);
  });
});

describe("in the background", () => {
  test("nobody keeps the directory busy that it was started in", async () => {
    await alice.ok("mkdir -p busy && cd busy && cntnr run -d --name left $IMAGE sleep 1000");
    const busy = processesOf(alice.host).filter(({ pid }) =>
      readlinkSync(`/proc/${pid}/cwd`).endsWith("/busy"),
    );
    expect(busy).toEqual([]);
  });

  test("the id is printed at once, and what the container prints is kept apart by stream", async () => {
    const id = await alice.ok(
      "cntnr run -d --name logged $IMAGE sh -c 'echo out; echo err >&2; printf unfinished'",
    );
    expect(id).toMatch(/^[0-9a-f]{64}$/);
    expect(await alice.ok("cntnr wait logged")).toBe("0");
    const { stdout, stderr } = await alice.run("cntnr logs logged");
    expect({ stdout, stderr }).toEqual({ stdout: "out\nunfinished", stderr: "err\n" });
    expect(await alice.ok("cntnr logs --tail 1 logged")).toBe("unfinished");
    expect(await alice.ok("cntnr logs -t logged 2>/dev/null")).toMatch(/^\d{4}-\d\d-\d\dT[0-9:.]+\S+ out\n/);
    await alice.ok("cntnr rm logged");
  });

  test("logs -f goes on until the end", async () => {
    await alice.ok("cntnr run -d --name followed $IMAGE sh -c 'for i in 1 2 3; do echo $i; sleep 0.2; done'");
    expect(await alice.ok("cntnr logs -f followed")).toBe("1\n2\n3");
    await alice.ok("cntnr rm followed");
  });

  test("the exit code is kept, and told by wait and ps", async () => {
    await alice.ok("cntnr run -d --name coded $IMAGE sh -c 'exit 9'");
    expect(await alice.ok("cntnr wait coded")).toBe("9");
    expect(await alice.container("coded")).toMatchObject({ state: "exited", exitCode: 9 });
    await alice.ok("cntnr rm coded");
  });

  test("stop asks first, and a container that obeys ends with its own code", async () => {
    const script = 'trap "exit 4" TERM; echo ready; while :; do sleep 0.05; done';
    await alice.ok(`cntnr run -d --name polite $IMAGE sh -c '${script}'`);
    await waitFor(async () => (await alice.run("cntnr logs polite")).stdout.includes("ready"), {
      what: "it to be ready",
    });
    await alice.ok("cntnr stop polite");
    expect(await alice.ok("cntnr wait polite")).toBe("4");
    await alice.ok("cntnr rm polite");
  });

  test("stop kills what does not obey in time", async () => {
    await alice.ok("cntnr run -d --name stubborn $IMAGE sleep 1000");
    const start = performance.now();
    await alice.ok("cntnr stop -t 1 stubborn");
    // Without the flag it would be given ten seconds.
    expect(performance.now() - start).toBeWithin(1000, 10_000);
    expect(await alice.ok("cntnr wait stubborn")).toBe("137");
    await alice.ok("cntnr rm stubborn");
  });

  test("rm refuses a running container, and with -f kills it", async () => {
    await alice.ok("cntnr run -d --name busy $IMAGE sleep 1000");
    const refused = await alice.run("cntnr rm busy");
    expect(refused.exitCode).toBe(1);
    expect(refused.stderr).toContain("container busy is running: stop it first");
    const pid = await alice.pidOf("busy");
    expect(await alice.ok("cntnr rm -f busy")).toBe("busy");
    await waitFor(() => !existsSync(`/proc/${pid}`), { what: "the end of its process" });
    expect(remains()).toEqual([]);
  });

  test("--rm takes it away at its end", async () => {
    await alice.ok("cntnr run -d --rm --name passing $IMAGE true");
    await waitFor(() => remains().length === 0, { what: "its removal" });
  });

  test("one that cannot be started fails as in the foreground, and is there as if it had only been created", async () => {
    const result = await alice.run("cntnr run -d --name broken $IMAGE no-such-command");
    expect([result.exitCode, result.stderr]).toEqual([
      127,
      "cntnr: no-such-command: executable file not found in $PATH\n",
    ]);
    const [told] = JSON.parse(await alice.ok("cntnr inspect broken"));
    expect(result.stdout).toBe(`${told.Id}\n`);
    expect(told.State).toMatchObject({
      Status: "created",
      ExitCode: 127,
      Error: "no-such-command: executable file not found in $PATH",
      StartedAt: "0001-01-01T00:00:00Z",
    });
    await alice.ok("cntnr rm broken");
    const passing = await alice.run("cntnr run -d --rm $IMAGE /no/such/command");
    expect(passing).toMatchObject({
      exitCode: 127,
      stdout: "",
      stderr: "cntnr: /no/such/command: no such file or directory\n",
    });
    // Its supervisor may be the one who takes it away.
    await waitFor(() => remains().length === 0, { what: "its removal" });
  });

  test("a script gets nothing of it but the id: the pipe ends while it runs", async () => {
    expect(await alice.ok('id=$(cntnr run -d --name piped $IMAGE sleep 1000); printf %s "$id" | wc -c')).toBe(
      "64",
    );
    await alice.ok("cntnr rm -f piped");
  });
});

describe("names", () => {
  test("a container is found by its name, its id, and the start of its id", async () => {
    const id = await alice.ok("cntnr run -d --name one $IMAGE sleep 1000");
    for (const word of ["one", id, id.slice(0, 12), id.slice(0, 8)])
      expect(JSON.parse(await alice.ok(`cntnr inspect ${word}`))).toMatchObject([{ Id: id }]);
    const unknown = await alice.run("cntnr inspect two");
    expect(unknown.exitCode).toBe(1);
    expect(unknown.stderr).toContain("No such object: two");
    await alice.ok("cntnr rm -f one");
  });

  test("a name is given once", async () => {
    await alice.ok("cntnr run -d --name taken $IMAGE sleep 1000");
    const second = await alice.run("cntnr run -d --name taken $IMAGE sleep 1000");
    expect(second.exitCode).toBe(125);
    expect(second.stderr).toContain("the name taken is taken by container");
    await alice.ok("cntnr rm -f taken");
    expect(remains()).toEqual([]);
  });
});

describe("after kill -9", () => {
  const processes = () => processesOf(alice.host);
  const runtimeStates = () =>
    readdirSync(alice.host.path(`/run/user/${alice.host.users.alice.uid}/cntnr/runc`));
  const hasState = (name: string, state: string) =>
    waitFor(async () => (await alice.container(name)).state === state, { what: `${name} to be ${state}` });

  test("of cntnr in the foreground, the container goes on and can be ended", async () => {
    const run = alice.spawn("cntnr run --rm --name orphan $IMAGE sleep 1000");
    const pid = await waitFor(() => alice.pidOf("orphan"), { what: "the container" });
    run.kill("SIGKILL");
    await run.exited;
    expect(await alice.container("orphan")).toMatchObject({ state: "running", pid });
    await alice.ok("cntnr rm -f orphan");
    expect(remains()).toEqual([]);
    await waitForNoProcesses(alice.host);
  });

  test("of cntnr and its runtime, the container goes on and can be ended", async () => {
    const run = alice.spawn("cntnr run --name orphan $IMAGE sleep 1000");
    const pid = await waitFor(() => alice.pidOf("orphan"), { what: "the container" });
    // In this order: a cntnr that sees its runtime end takes the container away.
    process.kill(run.pid, "SIGKILL");
    for (const { pid: runc } of processes().filter(({ name }) => name === "runc"))
      process.kill(runc, "SIGKILL");
    await run.exited;
    expect(await alice.container("orphan")).toMatchObject({ state: "running", pid });
    await alice.ok("cntnr stop -t 0 orphan");
    expect((await alice.container("orphan")).state).toBe("dead");
    expect(await alice.ok("cntnr wait orphan")).toBe("137");
    await alice.ok("cntnr rm orphan");
    expect(remains()).toEqual([]);
    await waitForNoProcesses(alice.host);
  });

  test("of conmon, the container goes on, and its end is noticed", async () => {
    await alice.ok("cntnr run -d --name lonely $IMAGE sleep 1000");
    const pid = await alice.pidOf("lonely");
    for (const { pid: conmon } of processes().filter(({ name }) => name === "conmon"))
      process.kill(conmon, "SIGKILL");
    expect(await alice.container("lonely")).toMatchObject({ state: "running", pid });
    process.kill(pid, "SIGKILL");
    await waitFor(async () => (await alice.container("lonely")).state === "dead", { what: "its state" });
    await alice.ok("cntnr rm lonely");
    expect(remains()).toEqual([]);
  });

  test("of who commits a container, it goes on", async () => {
    await alice.ok(
      "cntnr run -d --name paused $IMAGE sh -c 'head -c 300000000 /dev/urandom >/f; sleep 1000'",
    );
    await waitFor(async () => (await alice.run("cntnr top paused")).stdout.includes("sleep 1000"), {
      what: "the large file",
    });
    const commit = alice.spawn("cntnr commit --compression gzip paused large");
    await hasState("paused", "paused");
    commit.kill("SIGKILL");
    await commit.exited;
    await hasState("paused", "running");
    await alice.ok("cntnr pause paused");
    await hasState("paused", "paused");
    await alice.ok("cntnr rm -f paused");
  });

  test("of cntnr, a bundle that runs is still nobody else's; of its runtime, too, the next command ends it", async () => {
    await alice.ok("cntnr bundle create -b one $IMAGE sleep 1000");
    const killed = alice.spawn("cntnr bundle run one");
    const isRunning = () => processes().some(({ name }) => name === "sleep");
    await waitFor(isRunning, { what: "the container" });
    killed.kill("SIGKILL");
    await killed.exited;
    expect((await alice.run("cntnr bundle run one")).stderr).toContain("bundle one is running");
    for (const { pid } of processes().filter(({ name }) => name === "runc")) process.kill(pid, "SIGKILL");
    await waitFor(() => !processes().some(({ name }) => name === "runc"), { what: "the runtime's end" });
    expect(isRunning()).toBe(true);
    await alice.ok("cntnr ps");
    await waitForNoProcesses(alice.host);
    expect(runtimeStates()).toEqual([]);
    await alice.ok("cntnr bundle rm one");
  });

  test("what the runtime has of nobody's goes with the next command", async () => {
    const strays = ["a".repeat(64), "build-1-1-0"];
    for (const name of strays) await alice.ok(`mkdir -p $XDG_RUNTIME_DIR/cntnr/runc/${name}`);
    await alice.ok("cntnr ps");
    expect(runtimeStates()).toEqual([]);
  });

  test("what is left is cleared away, and nothing of another store's that has the same state directory", async () => {
    const other = "cntnr --store-dir $HOME/other";
    const loop = "trap exit TERM; while :; do sleep 0.1; done";
    await alice.ok(`${other} image pull -q $IMAGE && ${other} run -d --name theirs $IMAGE sleep 1000`);
    await alice.ok(
      `${other} bundle create -b same $IMAGE sh -c '${loop}'; cntnr bundle create -b same $IMAGE true`,
    );
    const bundle = alice.spawn(`${other} bundle run same`);
    const isRunning = (word: string) => processes().some(({ arguments: words }) => words.at(-1) === word);
    await waitFor(() => isRunning(loop), { what: "the bundle" });
    await alice.ok(
      "cntnr ps; cntnr run --rm $IMAGE true; cntnr bundle run same; cntnr system prune -f; cntnr bundle rm same",
    );
    expect(isRunning("1000") && isRunning(loop)).toBe(true);
    expect(await alice.ok(`${other} exec theirs echo in`)).toBe("in");
    bundle.kill("SIGTERM");
    await alice.ok(`${other} rm -f theirs`);
    await bundle.exited;
  });

  test("of everything, a container with --rm is gone after the next command", async () => {
    await alice.ok("cntnr run -d --rm $IMAGE sleep 1000");
    for (const { pid } of processes()) process.kill(pid, "SIGKILL");
    await waitForNoProcesses(alice.host);
    expect(await alice.ok("cntnr ps -aq")).toBe("");
    expect(remains()).toEqual([]);
  });
});
