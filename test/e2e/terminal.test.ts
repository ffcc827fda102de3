import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { CntnrShell } from "../fixtures/cntnr-shell.ts";
import { processesOf } from "../fixtures/processes.ts";
import { TerminalSession } from "../fixtures/terminal-session.ts";
import { waitFor } from "../fixtures/wait-for.ts";

let alice: CntnrShell;
beforeAll(async () => {
  alice = await CntnrShell.start();
});
afterEach(() => alice.clear());
afterAll(() => alice[Symbol.asyncDispose]());

/** Prompts that are not in what is typed, so that they are found only where they are printed. */
const hostPrompt = /host> /;
const prompt = /inside> /;
/** A shell with that prompt, in a new container. */
const shell = "-e PS1='in''side> ' $IMAGE sh";

/** An interactive shell of alice's. */
async function openShell(rows = 24, columns = 80): Promise<TerminalSession> {
  const env = { IMAGE: alice.image, PS1: "host> ", ENV: "" };
  const session = TerminalSession.open(alice.host, alice.host.users.alice, ["sh", "-i"], {
    env,
    rows,
    columns,
  });
  await session.waitForOutput(hostPrompt);
  expect(session.isCooked).toBe(true);
  return session;
}

/** Has the shell run a line, and returns what that prints. */
async function ask(session: TerminalSession, line: string): Promise<string> {
  // What is typed is echoed, so it must not hold the words that are waited for.
  session.type(`echo be''gun; ${line}; echo en''ded\r`);
  await session.waitForOutput(/begun\r\n/);
  const start = session.position;
  await session.waitForOutput(/ended\r\n/);
  return session.output
    .slice(start, session.position)
    .replace(/ended\r\n$/, "")
    .trim();
}

/** Attaches to a shell that waits for a command. */
async function attach(session: TerminalSession, name: string): Promise<void> {
  session.type(`cntnr attach ${name}\r`);
  await waitFor(() => !session.isCooked, { what: "the terminal to be the container's" });
  session.type("\r");
  await session.waitForOutput(prompt);
}

/** The host's shell has its terminal again, as it was. */
async function expectHostShell(session: TerminalSession, exitCode: number): Promise<void> {
  await session.waitForOutput(hostPrompt);
  session.type("code=$?\r");
  await session.waitForOutput(hostPrompt);
  await waitFor(() => session.isCooked, { what: "the terminal as it was" });
  expect(await ask(session, "echo $code")).toBe(String(exitCode));
}

describe("run -ti", () => {
  test("gives a shell with a terminal of the right size, which follows ours", async () => {
    await using session = await openShell(30, 100);
    session.type(`cntnr run --rm -ti ${shell}\r`);
    await session.waitForOutput(prompt);
    expect(session.isCooked).toBe(false);
    expect(await ask(session, "stty size")).toBe("30 100");
    session.resize(41, 121);
    await waitFor(async () => (await ask(session, "stty size")) === "41 121", { what: "the new size" });
    expect(await ask(session, "tty")).toBe("/dev/pts/0");
    session.type("exit 7\r");
    await expectHostShell(session, 7);
    expect(await alice.ok("cntnr ps -aq")).toBe("");
  });

  test("Ctrl-C, Ctrl-D and Ctrl-Z are the container's", async () => {
    await using session = await openShell();
    session.type(`cntnr run --rm -ti ${shell}\r`);
    await session.waitForOutput(prompt);
    session.type("sleep 1000\r");
    await session.waitForOutput(/sleep 1000\r\n/);
    await waitFor(() => processesOf(alice.host).some(({ name }) => name === "sleep"), { what: "sleep" });
    session.type("\x03");
    await session.waitForOutput(prompt);
    session.type("code=$?\r");
    await session.waitForOutput(prompt);
    expect(await ask(session, "echo $code")).toBe("130");
    session.type("cat\r");
    await waitFor(() => processesOf(alice.host).some(({ name }) => name === "cat"), { what: "cat" });
    session.type("one line\r");
    await session.waitForOutput(/one line\r\n.*one line\r\n/s);
    session.type("\x04");
    await session.waitForOutput(prompt);
    session.type("sleep 1000\r");
    await waitFor(() => processesOf(alice.host).some(({ name }) => name === "sleep"), { what: "sleep" });
    session.type("\x1a");
    await session.waitForOutput(/Stopped/);
    await session.waitForOutput(prompt);
    session.type("kill -9 %1\rexec sh -c 'exit 3'\r");
    await expectHostShell(session, 3);
  });

  test("in the background it waits for the terminal, and fg gives it", async () => {
    await using session = await openShell();
    session.type(`cntnr run --rm -ti ${shell} &\r`);
    await waitFor(async () => (await ask(session, "jobs")).includes("Stopped"), { what: "the job to stop" });
    expect(session.isCooked).toBe(true);
    session.type("fg\r");
    await session.waitForOutput(prompt);
    expect(await ask(session, "echo $((6 * 7))")).toBe("42");
    session.type("exit\r");
    await expectHostShell(session, 0);
  });

  test("the detach keys leave it running, and attach comes back to it", async () => {
    await using session = await openShell(30, 100);
    session.type(`cntnr run --name left -ti ${shell}\r`);
    await session.waitForOutput(prompt);
    await ask(session, "kept=yes");
    session.type("\x10\x11");
    await expectHostShell(session, 0);
    expect(await alice.container("left")).toMatchObject({ state: "running" });
    session.resize(35, 90);
    await attach(session, "left");
    expect(await ask(session, "echo $kept")).toBe("yes");
    expect(await ask(session, "stty size")).toBe("35 90");
    session.type("exit 5\r");
    await expectHostShell(session, 5);
    await alice.ok("cntnr rm left");
  });

  test("other detach keys may be chosen, or none", async () => {
    await using session = await openShell();
    session.type(`cntnr run --rm -ti --detach-keys ctrl-x,x --name other ${shell}\r`);
    await session.waitForOutput(prompt);
    expect(await ask(session, "echo \x10\x11.")).toBe(".");
    session.type("\x18x");
    await expectHostShell(session, 0);
    expect(await alice.container("other")).toMatchObject({ state: "running" });
    await alice.ok("cntnr rm -f other");
    const wrong = await alice.run("cntnr run --detach-keys ctrl $IMAGE true");
    expect(wrong.exitCode).toBe(125);
    expect(wrong.stderr).toContain('--detach-keys "ctrl"');
  });

  test("without a terminal of ours it is refused before anything is made", async () => {
    const result = await alice.run("cntnr run --rm -ti $IMAGE true");
    expect(result.exitCode).toBe(125);
    expect(result.stderr).toContain("the input device is not a TTY");
    expect(await alice.ok("cntnr ps -aq")).toBe("");
  });

  test("-t alone needs none", async () => {
    expect(await alice.ok("cntnr run --rm -t $IMAGE sh -c 'test -t 1 && echo terminal'")).toStartWith(
      "terminal",
    );
  });

  test("what cannot be started leaves the terminal as it was", async () => {
    await using session = await openShell();
    session.type("cntnr run --rm -ti $IMAGE no-such-command\r");
    await session.waitForOutput(/no-such-command: executable file not found in \$PATH\r\n/);
    await expectHostShell(session, 127);
    expect(await alice.ok("cntnr ps -aq")).toBe("");
  });
});

describe("the terminal is as it was after the death", () => {
  const commandOf = (words: string) =>
    waitFor(() => processesOf(alice.host).find(({ arguments: argv }) => argv.join(" ").includes(words)), {
      what: words,
    });

  test.each(["KILL", "TERM"] as const)("of cntnr by SIG%s with signals of its own", async (signal) => {
    await using session = await openShell();
    session.type(`cntnr run --sig-proxy=false --name victim -ti ${shell}\r`);
    await session.waitForOutput(prompt);
    process.kill((await commandOf("--name victim")).pid, `SIG${signal}`);
    await session.waitForOutput(hostPrompt);
    await waitFor(() => session.isCooked, { what: "the terminal as it was" });
    // The container goes on, and can be come back to.
    await attach(session, "victim");
    session.type("exit\r");
    await expectHostShell(session, 0);
    await alice.ok("cntnr rm victim");
  });

  test("of the container", async () => {
    await using session = await openShell();
    session.type(`cntnr run --name victim --rm -ti ${shell}\r`);
    await session.waitForOutput(prompt);
    await alice.ok("cntnr kill victim");
    await expectHostShell(session, 137);
  });

  test("of conmon", async () => {
    await using session = await openShell();
    session.type(`cntnr run --name victim --rm -ti ${shell}\r`);
    await session.waitForOutput(prompt);
    process.kill((await commandOf("-n victim")).pid, "SIGKILL");
    await session.waitForOutput(hostPrompt);
    await waitFor(() => session.isCooked, { what: "the terminal as it was" });
    await waitFor(async () => (await alice.ok("cntnr ps -aq")) === "", { what: "the container's end" });
  });

  test("of the terminal itself, the container goes on, and can be come back to from another one", async () => {
    const session = await openShell();
    session.type(`cntnr run --name victim -ti ${shell}\r`);
    await session.waitForOutput(prompt);
    await session[Symbol.asyncDispose]();
    await waitFor(() => processesOf(alice.host).every(({ name }) => name !== "cntnr"), {
      what: "the end of cntnr",
    });
    await using other = await openShell();
    await attach(other, "victim");
    other.type("exit 9\r");
    await expectHostShell(other, 9);
  });
});
