import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { CntnrShell } from "../fixtures/cntnr-shell.ts";

let alice: CntnrShell;
beforeAll(async () => {
  alice = await CntnrShell.start();
});
afterEach(() => alice.clear());
afterAll(() => alice[Symbol.asyncDispose]());

/** The one line on standard error of a `run` that cntnr refuses. */
async function refusal(flags: string): Promise<string> {
  const { exitCode, stdout, stderr } = await alice.run(`cntnr run --rm ${flags} $IMAGE echo ran`);
  expect([exitCode, stdout]).toEqual([125, ""]);
  return stderr;
}

describe("what is wrong with a flag is said in one line that names it", () => {
  test.each([
    ["--env-file /nope", "--env-file /nope: no such file or directory"],
    ["--label-file /nope", "--label-file /nope: no such file or directory"],
    ["--cidfile /nope/id", "--cidfile /nope/id: no such file or directory"],
    ["--seccomp /nope", "--seccomp /nope: no such file or directory"],
    ["--security-opt seccomp=/nope", "--security-opt seccomp /nope: no such file or directory"],
    ["--env-file /root", "--env-file /root: permission denied"],
    ["--env-file /etc", "--env-file /etc: illegal operation on a directory"],
    ["--cap-add FLY", "--cap-add FLY: there is no such capability (capabilities(7) lists them)"],
    ["--cap-drop FLY", "--cap-drop FLY: there is no such capability (capabilities(7) lists them)"],
    ["--stop-signal NOPE", "--stop-signal NOPE: there is no such signal (kill -l lists them)"],
  ])("%s", async (flags, message) => {
    expect(await refusal(flags)).toBe(`cntnr: ${message}\n`);
  });
});

test("rm -f of what is not there says so, and is content", async () => {
  await alice.ok("cntnr create --name there $IMAGE true");
  const forced = await alice.run("cntnr rm -f nothing there");
  expect(forced).toEqual({
    exitCode: 0,
    stdout: "there\n",
    stderr: "cntnr: No such container: nothing (`cntnr ps -a` lists them)\n",
  });
  expect(await alice.run("cntnr rm nothing")).toMatchObject({ exitCode: 1, stdout: "" });
});

test("--init ends with docker's codes when the command is not there or cannot be executed", async () => {
  const codeOf = async (words: string) => (await alice.run(`cntnr run --rm --init ${words}`)).exitCode;
  expect(await codeOf("$IMAGE no-such-command")).toBe(127);
  expect(await codeOf("$IMAGE /etc/passwd")).toBe(126);
  expect(await codeOf("$IMAGE sh -c 'exit 1'")).toBe(1);
  expect(await codeOf("--pid host $IMAGE sh -c 'exit 3'")).toBe(3);
});
