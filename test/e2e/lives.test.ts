import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, readFileSync } from "node:fs";
import { CntnrShell } from "../fixtures/cntnr-shell.ts";
import { processesOf, waitForNoProcesses } from "../fixtures/processes.ts";
import { waitFor } from "../fixtures/wait-for.ts";

let alice: CntnrShell;
beforeAll(async () => {
  alice = await CntnrShell.start();
});
afterEach(() => alice.clear());
afterAll(() => alice[Symbol.asyncDispose]());

const hasState = (name: string, state: string) =>
  waitFor(async () => (await alice.container(name)).state === state, { what: `${name} to be ${state}` });

test("a container can be started again as soon as it has ended", async () => {
  const { stdout } = await alice.run(
    "cntnr create --name box $IMAGE true; for i in $(seq 30); do cntnr start box 2>&1; done | sort -u",
  );
  const lines = stdout.trim().split("\n").slice(1);
  expect(lines.filter((line) => line !== "cntnr: container box is running already")).toEqual(["box"]);
});

describe("create and start", () => {
  test("a created container does nothing until it is started, and may be started again and again", async () => {
    const id = await alice.ok("cntnr create --name counter $IMAGE sh -c 'echo x >>/count; wc -l </count'");
    expect(await alice.container("counter")).toMatchObject({ id, state: "created", status: "Created" });
    expect(await alice.ok("cntnr start counter")).toBe("counter");
    expect(await alice.ok("cntnr wait counter")).toBe("0");
    await alice.ok("cntnr start counter && cntnr wait counter");
    expect(await alice.ok("cntnr logs counter")).toBe("1\n2");
  });

  test("start -a shows what it prints, and ends with its exit code", async () => {
    await alice.ok("cntnr create --name shown $IMAGE sh -c 'echo out; echo err >&2; exit 6'");
    expect(await alice.run("cntnr start -a shown")).toEqual({
      exitCode: 6,
      stdout: "out\n",
      stderr: "err\n",
    });
    expect(await alice.run("cntnr start -a shown")).toMatchObject({ exitCode: 6, stdout: "out\n" });
  });

  test("start -ai pipes standard input through, to its end", async () => {
    const input = Buffer.alloc(1_000_000, "0123456789abcdef\n");
    const sum = new Bun.CryptoHasher("sha256").update(input).digest("hex");
    await alice.ok("cntnr create -i --name reader $IMAGE sha256sum");
    expect(await alice.ok("cntnr start -ai reader", { input })).toBe(`${sum}  -`);
    expect(await alice.ok("cntnr start -ai reader", { input })).toBe(`${sum}  -`);
  });

  test("a large output is complete", async () => {
    await alice.ok("cntnr create --name large $IMAGE seq 1 300000");
    const { stdout } = await alice.run("cntnr start -a large");
    expect(stdout.length).toBe(1_988_895);
    expect(stdout).toEndWith("\n300000\n");
  });

  test("a container that ran in the foreground can be started in the background", async () => {
    await alice.run("cntnr run --name again $IMAGE sh -c 'echo $((6 * 7)); exit 3'");
    await alice.ok("cntnr start again");
    expect(await alice.ok("cntnr wait again; cntnr logs again")).toBe("3\n42\n42");
  });

  test("a running one is not started twice, and one of many that fails hinders no other", async () => {
    await alice.ok("cntnr run -d --name on $IMAGE sleep 1000; cntnr create --name off $IMAGE sleep 1000");
    const { exitCode, stdout, stderr } = await alice.run("cntnr start on nobody off");
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "off\n" });
    expect(stderr).toBe(
      "cntnr: container on is running already\n" +
        "cntnr: No such container: nobody (`cntnr ps -a` lists them)\n",
    );
  });

  test("of many who start one container at once, one does", async () => {
    await alice.ok("cntnr create --name wanted $IMAGE sleep 1000");
    const results = await Promise.all(Array.from({ length: 6 }, () => alice.run("cntnr start wanted")));
    expect(results.filter(({ exitCode }) => exitCode === 0)).toHaveLength(1);
    const sleepers = () => processesOf(alice.host).filter(({ name }) => name === "sleep");
    await waitFor(() => sleepers().length === 1, { what: "its program" });
  });

  test("what cannot be started stays, with docker's exit code", async () => {
    await alice.ok("cntnr create --name broken $IMAGE no-such-command");
    const { exitCode, stderr } = await alice.run("cntnr start broken");
    expect(exitCode).toBe(1);
    expect(stderr).toContain("no-such-command: executable file not found in $PATH");
    expect(await alice.container("broken")).toMatchObject({
      state: "created",
      status: "Created",
      exitCode: 127,
    });
    expect((await alice.run("cntnr start -a broken")).exitCode).toBe(127);
    // One that has run is as if it had ended with that code.
    await alice.ok("cntnr run --name once $IMAGE sh -c 'rm /bin/sh'");
    expect((await alice.run("cntnr start once")).exitCode).toBe(1);
    expect(await alice.container("once")).toMatchObject({ state: "exited", exitCode: 127 });
  });

  test("--cidfile gets the id, and an existing one is refused", async () => {
    const id = await alice.ok("rm -f cid; cntnr create --cidfile cid $IMAGE true");
    expect(await alice.ok("cat cid")).toBe(id);
    const again = await alice.run("cntnr create --cidfile cid $IMAGE true");
    expect(again.exitCode).toBe(1);
    expect(again.stderr).toContain("the file is there already");
  });
});

describe("rm -f", () => {
  test("of a container that somebody is starting ends that start, and waits for no other", async () => {
    await alice.ok(
      `printf '#!/bin/sh\ncase " $* " in *" create "*) touch $HOME/waits; until [ -e $HOME/go ]; do sleep 0.05; done;; esac\nexec runc "$@"\n' >slow-runc; chmod +x slow-runc`,
    );
    await alice.ok("cntnr create --runtime $HOME/slow-runc --name coming $IMAGE sleep 1000");
    const start = alice.spawn("cntnr start coming");
    await waitFor(() => existsSync(alice.inHome("waits")), {
      what: "the runtime",
    });
    const remove = alice.spawn("cntnr rm -f coming");
    await waitFor(() => processesOf(alice.host).some(({ pid }) => pid === remove.pid), { what: "rm" });
    await alice.ok("touch go");
    expect(await remove.exited).toBe(0);
    await start.exited;
    expect(await alice.containers()).toEqual([]);
    await waitForNoProcesses(alice.host);
  });
});

describe("restart", () => {
  test("stops and starts again, with what was written kept", async () => {
    await alice.ok("cntnr run -d --name web $IMAGE sh -c 'echo x >>/lives; exec sleep 1000'");
    const before = await alice.pidOf("web");
    expect(await alice.ok("cntnr restart -t 0 web")).toBe("web");
    expect(await alice.pidOf("web")).not.toBe(before);
    await waitFor(() => !existsSync(`/proc/${before}`), { what: "the end of the first life's process" });
    await alice.ok("cntnr stop -t 0 web; cntnr restart web");
    const { id } = await alice.container("web");
    expect(readFileSync(alice.inStore("containers", id, "upper/lives"), "utf8")).toBe("x\nx\nx\n");
  });

  test("--stop-timeout and -t say how long to wait, --signal with what to ask", async () => {
    const obeys = "trap 'exit 12' USR1; echo ready; while :; do sleep 0.05; done";
    await alice.ok(`cntnr run -d --stop-timeout 0 --name quick $IMAGE sleep 1000`);
    const start = performance.now();
    await alice.ok("cntnr stop quick");
    // Without the flag it would be given ten seconds.
    expect(performance.now() - start).toBeLessThan(10_000);
    await alice.ok(`cntnr run -d --stop-timeout -1 --name asked $IMAGE sh -c "${obeys}"`);
    await waitFor(async () => (await alice.ok("cntnr logs asked")) === "ready", { what: "it to be ready" });
    await alice.ok("cntnr stop --signal USR1 asked");
    expect((await alice.container("asked")).exitCode).toBe(12);
  });
});

describe("a restart policy", () => {
  const restarts = async (name: string) => Number((await alice.ok(`cntnr logs ${name} | wc -l`)).trim());

  test("on-failure tries as often as it says", async () => {
    await alice.ok("cntnr run -d --restart on-failure:2 --name tries $IMAGE sh -c 'echo x; exit 3'");
    await hasState("tries", "exited");
    await waitFor(async () => (await restarts("tries")) === 3, { what: "three tries" });
    await hasState("tries", "exited");
    expect(await alice.container("tries")).toMatchObject({ exitCode: 3 });
  });

  test("on-failure leaves a success alone", async () => {
    await alice.ok("cntnr run -d --restart on-failure --name fine $IMAGE sh -c 'echo x'");
    expect(await alice.ok("cntnr wait fine; cntnr logs fine")).toBe("0\nx");
    expect(await alice.container("fine")).toMatchObject({ state: "exited", exitCode: 0 });
  });

  test("always starts it again until somebody stops it", async () => {
    await alice.ok("cntnr run -d --restart always --name keep $IMAGE sleep 1000");
    const pid = await alice.pidOf("keep");
    process.kill(pid, "SIGKILL");
    await waitFor(async () => ((await alice.container("keep")).pid ?? pid) !== pid, {
      what: "the next life",
    });
    await alice.ok("cntnr stop -t 0 keep");
    expect(await alice.container("keep")).toMatchObject({ state: "exited", exitCode: 137 });
    await waitForNoProcesses(alice.host);
    await alice.ok("cntnr start keep; cntnr kill keep");
    await hasState("keep", "exited");
  });

  test("one that waits for its restart can be stopped, started and removed", async () => {
    const run = "cntnr run -d --restart always $IMAGE sh -c 'exit 3'";
    const id = await alice.ok(run);
    await waitFor(async () => /^Restarting \(3\)/.test((await alice.containers())[0]?.status ?? ""), {
      what: "it to wait",
    });
    await alice.ok(`cntnr stop ${id}`);
    expect((await alice.containers())[0]?.state).toBe("exited");
    await waitForNoProcesses(alice.host);
    await alice.ok(`cntnr start ${id}; cntnr rm -f ${id}`);
    expect(await alice.containers()).toEqual([]);
    await waitForNoProcesses(alice.host);
  });

  test("no process is left of lives that have ended", async () => {
    await alice.ok("cntnr run -d --restart on-failure:4 --name mortal $IMAGE sh -c 'echo x; exit 3'");
    await waitFor(async () => (await restarts("mortal")) === 5, { what: "five lives" });
    await hasState("mortal", "exited");
    await waitForNoProcesses(alice.host);
  });

  test("is kept to although conmon, the waiting process or the container were killed", async () => {
    await alice.ok("cntnr run -d --restart always --name tough $IMAGE sleep 1000");
    for (const victim of ["conmon", "sleep", "sh"]) {
      for (const { pid } of processesOf(alice.host).filter(({ name }) => name === victim))
        process.kill(pid, "SIGKILL");
      if (victim === "conmon") process.kill(await alice.pidOf("tough"), "SIGKILL");
      await hasState("tough", "running");
    }
  });

  test("run in the foreground ends with the first life, and the policy goes on", async () => {
    const { exitCode, stdout } = await alice.run(
      "cntnr run --restart on-failure:1 --name fore $IMAGE sh -c 'echo x; exit 3'",
    );
    expect({ exitCode, stdout }).toEqual({ exitCode: 3, stdout: "x\n" });
    await waitFor(async () => (await restarts("fore")) === 2, { what: "the second life" });
  });

  test("does not go with --rm, and has to be one", async () => {
    const both = await alice.run("cntnr run --rm --restart always $IMAGE true");
    expect(both.exitCode).toBe(125);
    expect(both.stderr).toContain("--restart and --rm cannot go together");
    expect((await alice.run("cntnr run --restart sometimes $IMAGE true")).stderr).toContain(
      '--restart "sometimes"',
    );
  });
});

describe("attach", () => {
  test("shows what is printed from now on, and ends with the container's exit code", async () => {
    await alice.ok("cntnr run -d -i --name echo $IMAGE sh -c 'read line; echo got $line; exit 8'");
    const result = await alice.run("cntnr attach echo", { input: "a word\n" });
    expect(result).toMatchObject({ exitCode: 8, stdout: "got a word\n" });
  });

  test("--no-stdin passes nothing on, and a second one may look, too", async () => {
    await alice.ok("cntnr run -d -i --name looked $IMAGE sh -c 'while read line; do echo $line; done'");
    const watchers = ["--no-stdin", "--no-stdin", "--sig-proxy=false"].map((flag) =>
      alice.spawn(`cntnr attach ${flag} looked`),
    );
    await waitFor(
      () => {
        for (const watcher of watchers.slice(0, 2)) watcher.write("lost\n");
        watchers.at(-1)?.write("ping\n");
        return watchers.every(({ stdout }) => stdout.includes("ping"));
      },
      { what: "what is printed" },
    );
    for (const { stdout } of watchers) expect(stdout).not.toContain("lost");
    await alice.ok("cntnr rm -f looked");
    for (const watcher of watchers) expect(await watcher.exited).toBe(137);
  });

  test("passes signals on, or not", async () => {
    const script = "trap 'exit 4' TERM; while :; do echo tick; sleep 0.05; done";
    await alice.ok(`cntnr run -d --name ticking $IMAGE sh -c "${script}"`);
    const deaf = alice.spawn("cntnr attach --sig-proxy=false ticking");
    await deaf.waitForOutput(/tick/);
    deaf.kill("SIGTERM");
    expect(await deaf.exited).toBe(143);
    expect(await alice.container("ticking")).toMatchObject({ state: "running" });
    const attached = alice.spawn("cntnr attach ticking");
    await attached.waitForOutput(/tick/);
    attached.kill("SIGTERM");
    expect(await attached.exited).toBe(4);
  });

  test("is refused where nobody can be attached", async () => {
    await alice.ok("cntnr create --name off $IMAGE true");
    expect((await alice.run("cntnr attach off")).stderr).toContain("container off is not running");
    const run = alice.spawn("cntnr run --name fore $IMAGE sleep 1000");
    await waitFor(() => alice.pidOf("fore"), { what: "the container" });
    expect((await alice.run("cntnr attach fore")).stderr).toContain(
      "runs in the foreground of another cntnr",
    );
    await alice.ok("cntnr rm -f fore");
    await run.exited;
  });
});
