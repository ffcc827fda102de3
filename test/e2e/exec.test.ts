import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readdirSync, writeFileSync } from "node:fs";
import { CntnrShell } from "../fixtures/cntnr-shell.ts";
import { processesOf } from "../fixtures/processes.ts";
import { TerminalSession } from "../fixtures/terminal-session.ts";
import { waitFor } from "../fixtures/wait-for.ts";

let alice: CntnrShell;
beforeAll(async () => {
  alice = await CntnrShell.start();
  await alice.ok("cntnr run -d --name web -e OWN=own -w /www $IMAGE sleep 1000");
});
afterAll(() => alice[Symbol.asyncDispose]());

const exec = (words: string, input?: string | Uint8Array) =>
  alice.run(`cntnr exec ${words}`, input === undefined ? {} : { input });
const sessions = () => readdirSync(alice.host.path(`/run/user/${alice.host.users.alice.uid}/cntnr/execs`));

describe("exec", () => {
  test.each([
    ["web true", 0],
    ["web false", 1],
    ["web sh -c 'exit 42'", 42],
    ["web sh -c 'kill -9 $$'", 137],
    ["web no-such-command", 127],
    ["web /etc/passwd", 126],
    ["-w /no/such/directory web true", 126],
    ["-u nobody-there web true", 126],
    ["-d web no-such-command", 127],
    ["nobody true", 1],
    ["web", 125],
    ["--no-such-flag web true", 125],
  ])("`exec %s` ends with docker's exit code", async (words, exitCode) => {
    expect((await exec(words)).exitCode).toBe(exitCode);
    expect(sessions()).toEqual([]);
  });

  test("says in one line why a command could not be started, and passes on what it says itself", async () => {
    expect(await exec("web no-such-command")).toMatchObject({
      stdout: "",
      stderr: "cntnr: no-such-command: executable file not found in $PATH\n",
    });
    expect(await exec("web sh -c 'echo exec failed: not really >&2; echo out; exit 3'")).toMatchObject({
      exitCode: 3,
      stdout: "out\n",
      stderr: "exec failed: not really\n",
    });
  });

  test("runs as the container's process would: environment, directory, capabilities, system calls", async () => {
    const script = 'echo $OWN; pwd; id -u; grep -E "^(CapEff|CapBnd|NoNewPrivs|Seccomp):" /proc/self/status';
    const { stdout } = await exec(`web sh -c '${script}'`);
    expect(stdout).toStartWith("own\n/www\n0\n");
    expect(stdout).toEndWith(
      await alice
        .ok("cntnr exec web grep -E '^(CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/1/status")
        .then((text) => `${text}\n`),
    );
  });

  test("takes an environment, a user and a directory of its own", async () => {
    writeFileSync(alice.inHome("env"), "FROM_FILE=file\nBOTH=file\n");
    const flags = "--env-file env -e BOTH=flag -e OWN=mine -u user -w /tmp";
    const { stdout } = await exec(`${flags} web sh -c 'echo $FROM_FILE $BOTH $OWN; id -un; pwd; echo $HOME'`);
    expect(stdout).toBe("file flag mine\nuser\n/tmp\n/home\n");
    expect((await exec("-u 1:1 web id -u")).stdout).toBe("1\n");
    const unknown = await exec("-u nobody-there web true");
    expect(unknown).toMatchObject({ exitCode: 126, stdout: "" });
    expect(unknown.stderr).toContain("unable to find user nobody-there");
  });

  test("--privileged gives all capabilities", async () => {
    expect((await exec("--privileged web grep CapEff /proc/self/status")).stdout).toBe(
      "CapEff:\t000001ffffffffff\n",
    );
  });

  test("standard input is piped through with -i alone, and a large output is complete", async () => {
    const input = Buffer.alloc(2_000_000, "exec me\n");
    const sum = new Bun.CryptoHasher("sha256").update(input).digest("hex");
    expect((await exec("-i web sha256sum", input)).stdout).toBe(`${sum}  -\n`);
    expect((await exec("web cat", "not for it")).stdout).toBe("");
    const { stdout, stderr } = await exec("web sh -c 'seq 1 300000; echo problem >&2'");
    expect(stdout.length).toBe(1_988_895);
    expect(stderr).toBe("problem\n");
  });

  test("signals are passed on", async () => {
    const run = alice.spawn(
      `cntnr exec web sh -c "trap 'exit 9' TERM; echo ready; while :; do sleep 0.05; done"`,
    );
    await run.waitForOutput(/ready/);
    run.kill("SIGTERM");
    expect(await run.exited).toBe(9);
  });

  test("-d leaves the command running, and keeps no pipe open", async () => {
    expect(await alice.ok("echo $(cntnr exec -d web sleep 555)done")).toBe("done");
    expect((await exec("web ps")).stdout).toContain("sleep 555");
    expect(sessions()).toEqual([]);
  });

  test("a link of the container's leads to no file of the host, and no directory to a descriptor of the runtime's (B2)", async () => {
    await alice.ok("cntnr run -d --name sly $IMAGE sleep 1000");
    const { gid, home } = alice.host.users.alice;
    writeFileSync(alice.inHome("accounts"), `spy:x:7:${gid}::/:/bin/sh\n`);
    await exec(
      `sly sh -c 'rm /etc/passwd; ln -s ${home}/accounts /etc/passwd; ln -s /proc/self/fd/7 /door; ln -s /proc /room'`,
    );
    expect((await exec("-u spy sly true")).stderr).toContain("unable to find user spy");
    for (const directory of ["/door", "/room", "/room/1/cwd", "/proc/self/fd/7"]) {
      const { exitCode, stdout, stderr } = await exec(`-w ${directory} sly pwd`);
      expect([125, 126]).toContain(exitCode);
      expect(stdout).toBe("");
      expect(stderr).toStartWith("cntnr: ");
    }
    await exec("sly sh -c 'rm /etc/passwd; mkfifo /etc/passwd'");
    expect((await exec("-u spy sly true")).stderr).toContain("unable to find user spy");
    await alice.ok("cntnr rm -f sly");
  });

  test("is refused for a container that does not run", async () => {
    await alice.ok("cntnr create --name off $IMAGE true");
    expect(await exec("off true")).toMatchObject({
      exitCode: 1,
      stderr: "cntnr: container off is not running\n",
    });
  });
});

describe("exec -ti", () => {
  const open = async (words: string) => {
    const env = { PS1: "host> ", ENV: "", IMAGE: alice.image };
    const session = TerminalSession.open(alice.host, alice.host.users.alice, ["sh", "-i"], {
      env,
      rows: 33,
      columns: 99,
    });
    await session.waitForOutput(/host> /);
    session.type(`cntnr exec ${words}\r`);
    return session;
  };

  test("gives a shell with a terminal that follows ours, and its exit code", async () => {
    await using session = await open("-ti -e PS1='in''side> ' web sh");
    await session.waitForOutput(/inside> /);
    session.type("stty size\r");
    await session.waitForOutput(/33 99\r\n/);
    session.resize(44, 111);
    await waitFor(
      async () => {
        session.type("stty size\r");
        return (await session.waitForOutput(/(33 99|44 111)\r\n/))[1] === "44 111";
      },
      { what: "the new size" },
    );
    session.type("exit 7\r");
    await session.waitForOutput(/host> /);
    expect(session.isCooked).toBe(true);
    session.type("echo =$?=\r");
    await session.waitForOutput(/=7=/);
    expect(sessions()).toEqual([]);
  });

  test("the detach keys leave the command running, and a sweep takes its files away when it has ended", async () => {
    await using session = await open("-ti -e PS1='in''side> ' web sh -c 'sleep 666; :'");
    await waitFor(async () => (await exec("web ps")).stdout.includes("sleep 666"), { what: "the command" });
    session.type("\x10\x11");
    await session.waitForOutput(/host> /);
    expect((await exec("web ps")).stdout).toContain("sleep 666");
    expect(sessions()).toHaveLength(1);
    for (const { pid, arguments: words } of processesOf(alice.host))
      if (words[0] === "sh" && words.at(-1)?.includes("sleep 666")) process.kill(pid, "SIGKILL");
    await waitFor(
      async () => {
        await alice.ok("cntnr ps");
        return sessions().length === 0;
      },
      { what: "the end of the session's files" },
    );
  });

  test("a command that is not there leaves the terminal as it was", async () => {
    await using session = await open("-ti web no-such-command");
    await session.waitForOutput(/no-such-command: executable file not found in \$PATH\r\n/);
    await session.waitForOutput(/host> /);
    expect(session.isCooked).toBe(true);
  });

  test("kill -9 of cntnr leaves the terminal as it was", async () => {
    await using session = await open("-ti -e PS1='in''side> ' web sh");
    await session.waitForOutput(/inside> /);
    const cntnr = processesOf(alice.host).find(
      ({ arguments: words }) => words[0] === "cntnr" && words.includes("-ti"),
    );
    process.kill(cntnr?.pid ?? 0, "SIGKILL");
    await session.waitForOutput(/host> /);
    await waitFor(() => session.isCooked, { what: "the terminal as it was" });
  });

  test("needs a terminal of ours, -t alone does not", async () => {
    expect(await exec("-ti web true")).toMatchObject({ exitCode: 125 });
    expect((await exec("-t web sh -c 'test -t 1 && exit 6'")).exitCode).toBe(6);
  });
});
