import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { CntnrError, hasErrno, messageOf } from "../../errors/cntnr-error.ts";
import { runCommand } from "../../process/run-command.ts";

const addTimeoutMs = 60_000;

/** Ends the agent as soon as standard input is closed, which it also is when we are killed. */
const keeper = 'echo ready; cat >/dev/null; kill "$SSH_AGENT_PID"';

/** Starts an ssh-agent that has these private keys and nothing else. Throws CntnrError; then none runs. */
export async function startKeyAgent(
  id: string,
  socket: string,
  keys: readonly string[],
): Promise<AsyncDisposable> {
  await using stack = new AsyncDisposableStack();
  stack.defer(await startAgent(socket));
  for (const key of keys) await addKey(id, socket, key);
  return stack.move();
}

/** @returns what ends it */
async function startAgent(socket: string): Promise<() => Promise<void>> {
  // A session of its own: a Ctrl-C is for us, who end it in order.
  const child = spawn("ssh-agent", ["-a", socket, "sh", "-c", keeper], {
    stdio: ["pipe", "pipe", "pipe"],
    detached: true,
  });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  await isReady(child);
  return async () => {
    child.stdin.end();
    await ended;
  };
}

function isReady(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    const errors: Buffer[] = [];
    child.stderr?.on("data", (chunk: Buffer) => errors.push(chunk));
    child.stdout?.once("data", () => resolve());
    child.once("error", (error) =>
      reject(
        hasErrno(error, "ENOENT")
          ? new CntnrError("unavailable", "ssh-agent is not installed (Debian package: openssh-client)")
          : new CntnrError("engine", `cannot start ssh-agent: ${messageOf(error)}`, { cause: error }),
      ),
    );
    child.once("close", () =>
      reject(
        new CntnrError("engine", `ssh-agent has not started: ${Buffer.concat(errors).toString().trim()}`),
      ),
    );
  });
}

/** By standard input, since ssh-add would refuse a file that others may read, which is none of our business. */
async function addKey(id: string, socket: string, key: string): Promise<void> {
  const result = await runCommand("ssh-add", ["-q", "-"], {
    stdin: readKey(id, key),
    timeoutMs: addTimeoutMs,
    env: { PATH: process.env.PATH, SSH_AUTH_SOCK: socket, SSH_ASKPASS_REQUIRE: "never", LC_ALL: "C" },
  });
  if (result.exitCode === 0) return;
  const reason = result.stderr.trim().split("\n").at(-1);
  throw new CntnrError(
    "usage",
    `--ssh ${id}: ${key} is no private key without a passphrase: use an agent for it (ssh-add), and --ssh ${id}${reason ? ` (${reason})` : ""}`,
  );
}

function readKey(id: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new CntnrError("not-found", `--ssh ${id}: ${messageOf(error)}`, { cause: error });
  }
}
