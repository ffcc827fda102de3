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

describe("--runtime", () => {
  test("is another runc, for all that is done with the container", async () => {
    await alice.ok(
      'printf \'#!/bin/sh\\necho "$@" >>$HOME/calls\\nexec runc "$@"\\n\' >my-runc; chmod +x my-runc',
    );
    expect(await alice.ok("cntnr run --rm --runtime $HOME/my-runc $IMAGE echo ran")).toBe("ran");
    await alice.ok("cntnr run -d --runtime $HOME/my-runc --name other $IMAGE sleep 1000");
    expect(await alice.ok("cntnr exec other echo inside; cntnr exec -t other echo inside")).toMatch(
      /^inside\ninside\r?$/,
    );
    await alice.ok("cntnr rm -f other");
    const calls = await alice.ok("cat calls; rm calls my-runc");
    for (const word of ["run", "create", "start", "exec", "delete"]) expect(calls).toContain(` ${word} `);
  });

  test("is refused when it is not there, or no runc", async () => {
    expect(await refusal("--runtime /nope")).toContain("--runtime /nope: there is no such program");
    expect(await refusal("--runtime true")).toContain("--runtime true: it is no runc");
    expect(await alice.ok("cntnr run --rm --runtime io.containerd.runc.v2 $IMAGE echo ran")).toBe("ran");
  });
});

test("--cgroup-parent is refused where no cgroups are delegated", async () => {
  expect(await refusal("--cgroup-parent mine")).toContain("--cgroup-parent needs a cgroup of your own, and ");
  expect(await refusal("--cgroup-parent ../..")).toContain("is the path of a cgroup");
});

describe("--log-driver", () => {
  test("none keeps nothing, in the foreground and behind", async () => {
    expect(await alice.ok("cntnr run --log-driver none --name fore $IMAGE echo shown")).toBe("shown");
    await alice.ok("cntnr run -d --log-driver none --name behind $IMAGE echo lost; cntnr wait behind");
    for (const name of ["fore", "behind"])
      expect(await alice.run(`cntnr logs ${name}`)).toMatchObject({
        exitCode: 1,
        stderr: `cntnr: container ${name} keeps no log (--log-driver none)\n`,
      });
    expect(await refusal("--log-driver syslog")).toContain(
      "--log-driver syslog: there are none and json-file",
    );
  });

  test("a log has no more than its bound, and begins anew", async () => {
    const bounded = "--log-driver json-file --log-opt max-size=8k --log-opt max-file=3";
    const print = "$IMAGE sh -c 'seq 1 2000'";
    await alice.ok(`cntnr run ${bounded} --name fore ${print} >/dev/null`);
    await alice.ok(`cntnr run -d ${bounded} --name behind ${print}; cntnr wait behind`);
    for (const name of ["fore", "behind"]) {
      const log = await alice.ok(`cntnr logs ${name}`);
      expect(log).toEndWith("\n2000");
      expect(log).not.toContain("\n100\n");
    }
  });
});

test("--expose is shown, and refused when it is no port; -q shows no progress", async () => {
  await alice.ok("cntnr create -q --expose 80 --expose 8000-8001/UDP --name open $IMAGE true");
  const ports = await alice.ok("cntnr inspect -f '{{json .Config.ExposedPorts}}' open");
  expect(JSON.parse(ports)).toEqual({ "80/tcp": {}, "8000/udp": {}, "8001/udp": {} });
  expect(await refusal("--expose 80/ip")).toContain('--expose "80/ip": it is PORT[-PORT][/PROTOCOL]');
  expect(await refusal("--expose 9-8")).toContain('--expose "9-8"');
});
