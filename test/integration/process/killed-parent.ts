/**
 * A process for run-child.test.ts: takes an flock, starts a child that holds it too, and waits to be killed.
 * Arguments: the file to lock, the child's time limit in milliseconds, the child's shell script.
 */
import { openSync } from "node:fs";
import { runChild } from "../../../netd/process/run-child.ts";
import { tryLockExclusive } from "../../../netd/sys/libc.ts";

const [lockPath = "", timeoutMs = "", script = ""] = process.argv.slice(2);
const lockFd = openSync(lockPath, "r+");
if (!tryLockExclusive(lockFd)) throw new Error(`${lockPath} is locked`);
await runChild({
  command: "/bin/sh",
  args: ["-c", script],
  stdin: "",
  env: {},
  timeoutMs: Number(timeoutMs),
  maxOutputBytes: 1000,
  lockFd,
});
