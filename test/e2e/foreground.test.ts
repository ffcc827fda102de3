import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { CntnrShell } from "../fixtures/cntnr-shell.ts";
import { waitFor } from "../fixtures/wait-for.ts";

let alice: CntnrShell;
beforeAll(async () => {
  alice = await CntnrShell.start();
});
afterEach(() => alice.clear());
afterAll(() => alice[Symbol.asyncDispose]());

describe("the log of a container in the foreground", () => {
  test("has what was printed, on both streams, in its order and to the last byte", async () => {
    const script = "echo one; echo two >&2; printf three";
    const shown = await alice.run(`cntnr run --name kept $IMAGE sh -c '${script}'`);
    expect(shown).toEqual({ exitCode: 0, stdout: "one\nthree", stderr: "two\n" });
    expect(await alice.run("cntnr logs kept")).toEqual(shown);
    expect(await alice.ok("cntnr logs --tail 1 kept")).toBe("three");
    expect((await alice.run("cntnr logs -t kept")).stderr).toMatch(/^20[\d-]+T[\d:.]+Z two\n$/);
  });

  test("has large output, too, which the terminal gets as fast as it wants", async () => {
    const print = "yes 0123456789abcdef | head -c 20000000";
    const expected = await alice.ok(`${print} | md5sum`);
    expect(await alice.ok(`cntnr run --name large $IMAGE sh -c '${print}' | md5sum`)).toBe(expected);
    expect(await alice.ok("cntnr logs large | md5sum")).toBe(expected);
  });

  test("can be followed while it runs", async () => {
    const run = alice.spawn("cntnr run -i --name live $IMAGE cat");
    await waitFor(() => alice.pidOf("live"), { what: "the container" });
    const logs = alice.spawn("cntnr logs -f live");
    run.write("hello\n");
    await logs.waitForOutput(/hello/);
    await alice.ok("cntnr rm -f live");
    await Promise.all([run.exited, logs.exited]);
  });

  test("is not kept for --rm", async () => {
    const run = alice.spawn("cntnr run --rm --name passing $IMAGE sleep 1000");
    await waitFor(() => alice.pidOf("passing"), { what: "the container" });
    expect((await alice.run("cntnr logs passing")).stderr).toContain("removes itself (--rm): no log is kept");
    await alice.ok("cntnr rm -f passing");
    await run.exited;
  });
});

describe("a container in the foreground", () => {
  test("can open /dev/stdout and /dev/stderr, as root and as another user", async () => {
    for (const flags of ["--name root", "--name user -u user"])
      expect(
        await alice.run(`cntnr run ${flags} $IMAGE sh -c 'echo a >/dev/stdout; echo b >/dev/stderr'`),
      ).toEqual({ exitCode: 0, stdout: "a\n", stderr: "b\n" });
  });

  test("ends when nobody reads what it prints", async () => {
    expect(await alice.ok("cntnr run --name endless $IMAGE yes | head -n 1")).toBe("y");
    expect(await alice.container("endless")).toMatchObject({ state: "exited" });
  });

  test("ends when a full disk takes no more of what it prints, and that is said", async () => {
    const shown = await alice.run("cntnr run --name full $IMAGE sh -c 'yes 2>/dev/null' >/dev/full");
    expect(shown).toMatchObject({
      exitCode: 125,
      stderr: "cntnr: standard output: no space left on device\n",
    });
    expect(await alice.container("full")).toMatchObject({ state: "exited" });
    await alice.clear();
    const complaining = "$IMAGE sh -c 'yes >&2' 2>/dev/full";
    expect(await alice.run(`cntnr run --rm ${complaining}`)).toMatchObject({ exitCode: 125 });
    expect(await alice.containers()).toEqual([]);
    await alice.ok("cntnr run -d --name host $IMAGE sleep 1000");
    const command = complaining.replace("$IMAGE", "host");
    expect(await alice.run(`cntnr exec ${command}`)).toMatchObject({ exitCode: 1 });
    expect(await alice.ok("cntnr top host -eo pid,args")).toMatch(/^ *PID \S+\n *\d+ sleep 1000$/);
  });

  test("that cannot be started says why in one line, and keeps docker's code", async () => {
    const missing = "cntnr: no-such-command: executable file not found in $PATH\n";
    for (const flags of ["--name missing", "--rm", "--rm -i", "--rm -a stdout"]) {
      const { exitCode, stdout, stderr } = await alice.run(`cntnr run ${flags} $IMAGE no-such-command`);
      expect([flags, exitCode, stdout, stderr]).toEqual([flags, 127, "", missing]);
    }
    expect(await alice.containers()).toMatchObject([{ name: "missing", state: "created", exitCode: 127 }]);
    expect(await alice.ok("cntnr logs missing")).toBe("");
    const said = await alice.run(
      "cntnr run --name says $IMAGE sh -c 'echo runc run failed: not really >&2; exit 4'",
    );
    expect(said).toEqual({ exitCode: 4, stdout: "", stderr: "runc run failed: not really\n" });
  });

  test("runs below a process that is called runc, and has none of our files open", async () => {
    const run = alice.spawn("cntnr run --rm --name named $IMAGE sleep 1000");
    const init = await waitFor(() => alice.pidOf("named"), { what: "the container" });
    expect(await alice.ok(`ps -o comm= -p $(ps -o ppid= -p ${init})`)).toBe("runc");
    await alice.ok("cntnr rm -f named");
    await run.exited;
    // The last is the directory that ls reads.
    expect(await alice.ok("cntnr run --rm $IMAGE ls /proc/self/fd")).toBe("0\n1\n2\n3");
  });

  test("runs with a script in runc's place that starts it in its own way", async () => {
    await alice.ok(
      `mkdir bin && printf '#!/bin/sh\nPATH=%s exec runc "$@"\n' "$PATH" >bin/runc && chmod +x bin/runc`,
    );
    expect(await alice.run('PATH="$HOME/bin:$PATH" cntnr run --rm $IMAGE echo here')).toEqual({
      exitCode: 0,
      stdout: "here\n",
      stderr: "",
    });
    await alice.ok("rm -r bin");
  });
});

test("large binary data goes in and comes out as it is, also through conmon, and in the foreground", async () => {
  // Among it the bytes that leave a terminal.
  await alice.ok(
    "head -c 30000000 /dev/urandom >data; printf '\\020\\021' >>data; head -c 3000000 /dev/urandom >>data",
  );
  const sum = await alice.ok("md5sum <data");
  await alice.ok("cntnr create -i --name through $IMAGE cat");
  for (const command of [
    "start -ai through",
    "run --rm -i $IMAGE cat",
    "run -i --name kept $IMAGE cat",
    "run --rm -i --restart no --sdnotify conmon $IMAGE cat",
  ])
    expect(await alice.ok(`cntnr ${command} <data | md5sum`)).toBe(sum);
  await alice.ok("cntnr run -d --name on $IMAGE sleep 1000");
  expect(await alice.ok("cntnr exec -i on cat <data | md5sum; rm data")).toBe(sum);
}, 120_000);

describe("-a", () => {
  const printing = "$IMAGE sh -c 'echo out; echo err >&2; exit 3'";

  test.each([
    ["-a stdout", "out\n", ""],
    ["-a STDERR", "", "err\n"],
    ["-a stdout -a stderr", "out\n", "err\n"],
    ["--attach=stdin,stdout", "out\n", ""],
  ])("%s shows what it says, and the exit code is the container's", async (flags, stdout, stderr) => {
    for (const more of ["--rm", "", "--rm --restart no --sdnotify conmon"])
      expect(await alice.run(`cntnr run ${more} ${flags} ${printing}`)).toEqual({
        exitCode: 3,
        stdout,
        stderr,
      });
  });

  test("what is not shown is in the log all the same", async () => {
    await alice.run(`cntnr run --name partly -a stderr ${printing}`);
    expect(await alice.run("cntnr logs partly")).toMatchObject({ stdout: "out\n", stderr: "err\n" });
  });

  test("stdin alone gives the input, prints the id and leaves", async () => {
    const input = "a line\n".repeat(100_000);
    const { stdout } = await alice.run("cntnr run -i -a stdin --name fed $IMAGE wc -l", { input });
    expect(stdout).toMatch(/^[0-9a-f]{64}\n$/);
    expect(await alice.ok("cntnr wait fed; cntnr logs fed")).toBe("0\n100000");
  });

  test("is refused where it makes no sense", async () => {
    const refused = await alice.run("cntnr run --rm -a nothing $IMAGE true");
    expect(refused).toMatchObject({ exitCode: 125, stdout: "" });
    expect(refused.stderr).toBe("cntnr: --attach nothing: the streams are STDIN, STDOUT and STDERR\n");
    expect((await alice.run("cntnr run -d -a stdout $IMAGE true")).stderr).toContain("cannot go together");
    expect((await alice.run("cntnr create -a nothing $IMAGE true")).exitCode).toBe(125);
  });
});
