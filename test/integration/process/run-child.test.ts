import { afterEach, expect, test } from "bun:test";
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ChildError, type ChildSpec, runChild } from "../../../netd/process/run-child.ts";
import { tryLockExclusive } from "../../../netd/sys/libc.ts";
import { RunningCommand } from "../../fixtures/running-command.ts";
import { waitFor } from "../../fixtures/wait-for.ts";

const directories: string[] = [];

afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});

function temporaryFile(name: string): string {
  const directory = mkdtempSync(join(tmpdir(), "cntnr-run-child-"));
  directories.push(directory);
  const path = join(directory, name);
  writeFileSync(path, "");
  return path;
}

function shell(
  script: string,
  changes: Partial<ChildSpec> = {},
): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  return runChild({
    command: "/bin/sh",
    args: ["-c", script],
    stdin: "",
    env: { PATH: "/usr/bin:/bin" },
    timeoutMs: 20_000,
    maxOutputBytes: 1 << 20,
    ...changes,
  });
}

async function faultOf(running: Promise<unknown>): Promise<ChildError> {
  const error = await running.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof ChildError) return error;
  throw new Error("did not fail as it should", { cause: error });
}

function isRunning(pid: number): boolean {
  if (!existsSync(`/proc/${pid}/stat`)) return false;
  // proc_pid_stat(5): the state follows the command in parentheses.
  return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
}

test("hands over standard input and gives back both outputs and the exit code", async () => {
  const result = await shell("cat; echo problem >&2; exit 7", { stdin: "input\n" });
  expect(result).toEqual({ exitCode: 7, stdout: "input\n", stderr: "problem\n" });
});

test("starts a child at once, and tells it what to do when that is prepared", async () => {
  const file = temporaryFile("started");
  const beforeInput = async () => {
    await waitFor(() => readFileSync(file, "utf8") !== "", { what: "the child" });
    writeFileSync(file, "prepared");
  };
  const { stdout } = await shell(`echo started >${file}; read line; cat ${file}`, {
    stdin: "go\n",
    beforeInput,
  });
  expect(stdout).toBe("prepared");
});

test("ends a child that nothing was prepared for, and says why", async () => {
  const file = temporaryFile("told");
  const beforeInput = () => Promise.reject(new Error("not today"));
  const running = shell(`read line && echo told >${file}`, { stdin: "go\n", beforeInput });
  await expect(running).rejects.toThrow("not today");
  expect(readFileSync(file, "utf8")).toBe("");
});

test("prepares to the end for a child that cannot be started", async () => {
  let isPrepared = false;
  const beforeInput = async () => {
    await Bun.sleep(50);
    isPrepared = true;
  };
  expect((await faultOf(shell("", { command: "/nowhere/at/all", beforeInput }))).fault).toBe("not-started");
  expect(isPrepared).toBe(true);
});

test("gives a child that a signal ended the exit code 128 + n", async () => {
  expect((await shell("kill -TERM $$")).exitCode).toBe(143);
  expect((await shell("kill -KILL $$")).exitCode).toBe(137);
});

test("gives the child exactly the environment that was named, and / as its directory (R7)", async () => {
  process.env.CNI_NETNS_OVERRIDE = "1";
  process.env.CNTNR_TEST_LEAK = "1";
  try {
    const { stdout } = await shell("cat /proc/self/environ; echo; pwd", {
      env: { PATH: "/usr/bin", A: "b c" },
    });
    const [environment = "", directory] = stdout.split("\n");
    expect(environment.split("\0").filter(Boolean).sort()).toEqual(["A=b c", "PATH=/usr/bin", "PWD=/"]);
    expect(directory).toBe("/");
  } finally {
    delete process.env.CNI_NETNS_OVERRIDE;
    delete process.env.CNTNR_TEST_LEAK;
  }
});

test("gives the child no descriptor but its three, and the lock as the fourth (R7)", async () => {
  const path = temporaryFile("lock");
  const [lockFd, other] = [openSync(path, "r+"), openSync("/etc/passwd", "r")];
  try {
    // No pipe: the shell would have it open for a moment.
    const list = "ls /proc/$$/fd; :";
    expect((await shell(list)).stdout).toBe("0\n1\n2\n");
    expect((await shell(list, { lockFd })).stdout).toBe("0\n1\n2\n3\n");
    expect((await shell("readlink /proc/$$/fd/3", { lockFd })).stdout).toBe(`${path}\n`);
  } finally {
    closeSync(lockFd);
    closeSync(other);
  }
});

test("kills a child that hangs, and what it started, when its time is over (R8)", async () => {
  const pids = temporaryFile("pids");
  const script = `sleep 1000 & echo $! > ${pids}; trap "" TERM; echo $$ >> ${pids}; sleep 1000`;
  // Enough for it to begin, on a busy machine, too.
  const error = await faultOf(shell(script, { timeoutMs: 3000 }));
  expect(error.fault).toBe("timed-out");
  expect(error.message).toBe("/bin/sh did not end within 3 s and was killed");
  const started = readFileSync(pids, "utf8").trim().split("\n").map(Number);
  expect(started).toHaveLength(2);
  await waitFor(() => !started.some(isRunning), { what: "the end of the child's processes" });
});

test("kills a child that floods either output (R8)", async () => {
  const toStdout = await faultOf(shell("yes", { maxOutputBytes: 100_000 }));
  expect(toStdout.fault).toBe("too-much-output");
  const toStderr = await faultOf(shell("yes >&2", { maxOutputBytes: 100_000 }));
  expect(toStderr.message).toBe("/bin/sh printed more than 100000 bytes and was killed");
  expect((await shell("head -c 100000 /dev/zero", { maxOutputBytes: 100_000 })).stdout).toHaveLength(100_000);
});

test("kills what a child leaves running, and does not wait for it (R8)", async () => {
  // If it waited, the time limit would end it with an error.
  const { stdout } = await shell("sleep 1000 & echo $!");
  await waitFor(() => !isRunning(Number(stdout)), { what: "the end of the grandchild" });
});

test("does not wait for a grandchild with a session of its own that holds the output open", async () => {
  const pid = temporaryFile("pid");
  const detached = `setsid sh -c 'echo $$ > ${pid}; exec sleep 1000'`;
  const { stdout, exitCode } = await shell(
    `${detached} & until [ -s ${pid} ]; do sleep 0.01; done; echo out; exit 3`,
  );
  expect({ stdout, exitCode }).toEqual({ stdout: "out\n", exitCode: 3 });
  process.kill(Number(readFileSync(pid, "utf8")), "SIGKILL");
});

test("ends the child when the caller aborts, and starts none for a caller that has", async () => {
  const pid = temporaryFile("pid");
  const controller = new AbortController();
  const running = shell(`echo $$ > ${pid}; exec sleep 1000`, { signal: controller.signal });
  await waitFor(() => readFileSync(pid, "utf8").endsWith("\n"), { what: "the child" });
  controller.abort();
  expect((await faultOf(running)).fault).toBe("aborted");
  await waitFor(() => !isRunning(Number(readFileSync(pid, "utf8"))), { what: "the end of the child" });
  writeFileSync(pid, "");
  expect((await faultOf(shell(`echo $$ > ${pid}`, { signal: controller.signal }))).fault).toBe("aborted");
  expect(readFileSync(pid, "utf8")).toBe("");
});

test("tells a program that cannot be started from one that fails", async () => {
  const missing = await faultOf(shell("", { command: "/nonexistent/plugin" }));
  expect(missing.fault).toBe("not-started");
  expect(missing.message).toContain("/nonexistent/plugin");
  expect((await faultOf(shell("", { command: "/etc/passwd" }))).fault).toBe("not-started");
  expect((await shell("exit 127")).exitCode).toBe(127);
  expect((await shell("echo no such thing >&2; exit 126")).exitCode).toBe(126);
});

test("keeps the lock held by a child whose parent was killed, until that child has ended", async () => {
  const [lock, gate] = [temporaryFile("lock"), temporaryFile("gate")];
  const script = `echo $$ > ${gate}; while [ -e ${gate} ]; do sleep 0.05; done`;
  await using parent = startParent(lock, 60_000, script);
  const child = await waitFor(() => Number(readFileSync(gate, "utf8")) || undefined, { what: "the child" });
  expect(isFree(lock)).toBe(false);
  parent.kill("SIGKILL");
  await parent.exited;
  expect(isRunning(child)).toBe(true);
  expect(isFree(lock)).toBe(false);
  rmSync(gate);
  await waitFor(() => isFree(lock), { what: "the lock" });
  expect(isRunning(child)).toBe(false);
});

test("ends a child whose parent was killed when its time is over, and with it the lock (R8)", async () => {
  const [lock, pidFile] = [temporaryFile("lock"), temporaryFile("pid")];
  await using parent = startParent(lock, 1000, `echo $$ > ${pidFile}; sleep 1000`);
  const child = await waitFor(() => Number(readFileSync(pidFile, "utf8")) || undefined, {
    what: "the child",
  });
  parent.kill("SIGKILL");
  await parent.exited;
  expect(isRunning(child)).toBe(true);
  expect(isFree(lock)).toBe(false);
  await waitFor(() => isFree(lock), { what: "the lock" });
  expect(isRunning(child)).toBe(false);
});

test("keeps a child apart from signals to its parent's process group (F11)", async () => {
  const { stdout } = await shell("ps -o pgid=,ppid= -p $$");
  // Its parent is timeout(1), which leads the group.
  const [group, parent] = stdout.trim().split(/\s+/).map(Number);
  expect(group).toBe(parent);
  expect(group).not.toBe(process.pid);
});

test("runs children in netd's session: each of their own would wait for the processor as a user of its own does", async () => {
  const sessionOf = async (pid: string) => (await shell(`ps -o sid= -p ${pid}`)).stdout.trim();
  expect(await sessionOf("$$")).toBe(await sessionOf(`${process.pid}`));
});

function startParent(lock: string, timeoutMs: number, script: string): RunningCommand {
  const program = join(import.meta.dirname, "killed-parent.ts");
  return new RunningCommand([process.execPath, program, lock, String(timeoutMs), script], {});
}

function isFree(lock: string): boolean {
  const fd = openSync(lock, "r+");
  try {
    return tryLockExclusive(fd);
  } finally {
    closeSync(fd);
  }
}
