import { describe, expect, test } from "bun:test";
import { classifyRuncFailure } from "../../../../runtime/container/runc-failure.ts";

/** As runc 1.1.5 writes them with --log-format json. */
const warning =
  '{"error":"no directory specified for memory.oom_control","level":"warning","msg":"unable to get oom kill count","time":"2026-11-24T16:27:18Z"}';
const logOf = (message: string) =>
  `${warning}\n${JSON.stringify({ level: "error", msg: message, time: "2026-11-24T16:27:18Z" })}\n`;

describe("what runc says becomes docker's exit code", () => {
  test.each([
    [
      "runc create failed: unable to start container process: error during container init: %!w(<nil>)",
      125,
      "its first process was killed",
    ],
    [
      'runc run failed: unable to start container process: exec: "nope": executable file not found in $PATH',
      127,
      "nope: executable file not found in $PATH",
    ],
    [
      'runc run failed: unable to start container process: exec: "/nope/x": stat /nope/x: no such file or directory',
      127,
      "/nope/x: no such file or directory",
    ],
    [
      'runc create failed: unable to start container process: exec: "/bin/noexec": permission denied',
      126,
      "permission denied",
    ],
    [
      'runc run failed: unable to start container process: exec: "/bin": permission denied',
      126,
      "/bin: permission denied",
    ],
    [
      'runc run failed: unable to start container process: exec: "/bin": is a directory',
      126,
      "is a directory",
    ],
    [
      'runc run failed: unable to start container process: exec: "/x": exec format error',
      126,
      "exec format error",
    ],
    [
      'runc run failed: unable to start container process: error during container init: error mounting "/nonexist" to rootfs at "/x": stat /nonexist: no such file or directory',
      125,
      "cannot mount /nonexist at /x",
    ],
    [
      "runc run failed: unable to start container process: unable to setup user: cannot set uid to unmapped user in user namespace",
      125,
      "/etc/subuid",
    ],
    ["runc run failed: container with given ID already exists", 125, "already exists"],
  ])("%s", (message, exitCode, text) => {
    const error = classifyRuncFailure(logOf(message));
    expect(error?.exitCode).toBe(exitCode);
    expect(error?.message).toContain(text);
  });

  test("of a hook that is cntnr itself the person reads its own line", () => {
    const hook = (stderr: string) =>
      logOf(
        `runc create failed: unable to start container process: error during container init: error running hook #0: error running hook: exit status 1, stdout: , stderr: ${stderr}`,
      );
    expect(classifyRuncFailure(hook("cntnr: network lab: not permitted (reference ABC)\n"))?.message).toBe(
      "network lab: not permitted (reference ABC)",
    );
    expect(classifyRuncFailure(hook("something else\n"))?.message).toBe(
      "a hook of the container failed: something else",
    );
  });

  test("a log without a failure says that the exit code is the container's", () => {
    expect(classifyRuncFailure("")).toBeUndefined();
    expect(classifyRuncFailure(warning)).toBeUndefined();
    expect(
      classifyRuncFailure(logOf("error running hook #0: error running hook: exit status 1")),
    ).toBeUndefined();
    expect(classifyRuncFailure('{"level":"error","msg":"runc run fai')).toBeUndefined();
  });

  test("what it prints without a log is understood as well", () => {
    const text =
      'time="2026-11-24T16:27:21Z" level=warning msg="x"\nrunc create failed: unable to start container process: exec: "nope": executable file not found in $PATH\n';
    expect(classifyRuncFailure(text)?.exitCode).toBe(127);
  });
});
