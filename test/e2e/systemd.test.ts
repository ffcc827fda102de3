import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { CntnrShell } from "../fixtures/cntnr-shell.ts";
import { debianImage } from "../fixtures/images.ts";
import { processesOf } from "../fixtures/processes.ts";
import type { RunningCommand } from "../fixtures/running-command.ts";
import { waitFor } from "../fixtures/wait-for.ts";

let alice: CntnrShell;
beforeAll(async () => {
  alice = await CntnrShell.start();
});
afterEach(() => alice.clear());
afterAll(() => alice[Symbol.asyncDispose]());

/** Stands for systemd: listens on ~/notify and prints what it is told. */
async function listen(): Promise<RunningCommand> {
  const script = `socket(S, AF_UNIX, SOCK_DGRAM, 0); unlink("notify"); bind(S, sockaddr_un("notify")) or die; print "listening\\n"; while (1) { recv(S, $m, 4096, 0); print "$m|" }`;
  const listener = alice.spawn(`perl -MSocket -e '$| = 1; ${script}'`);
  await listener.waitForOutput(/listening/);
  return listener;
}
const notifying = "NOTIFY_SOCKET=$HOME/notify";
const conmonPid = () => processesOf(alice.host).find(({ name }) => name === "conmon")?.pid;

describe("--sdnotify", () => {
  test("conmon tells that the container has been started, and who is to be watched", async () => {
    const systemd = await listen();
    await alice.ok(`${notifying} cntnr run -d --sdnotify conmon --name web $IMAGE sleep 1000`);
    await systemd.waitForOutput(new RegExp(`MAINPID=${conmonPid()}\nREADY=1\n`));
    await alice.ok("cntnr stop -t 0 web");
    expect(await alice.ok(`${notifying} cntnr start web`)).toBe("web");
    await systemd.waitForOutput(new RegExp(`MAINPID=${conmonPid()}\nREADY=1\n`));
  });

  test("healthy waits until the health check has succeeded", async () => {
    const systemd = await listen();
    const flags =
      "--sdnotify healthy --health-interval 100ms --health-retries 1000 --health-cmd 'test -e /ok'";
    const run = alice.spawn(
      `env ${notifying.replace("$HOME", alice.host.users.alice.home)} cntnr run -d ${flags} --name web $IMAGE sleep 1000`,
    );
    await systemd.waitForOutput(/STATUS=waiting/);
    await waitFor(
      async () => Number(await alice.ok("cntnr inspect -f '{{len .State.Health.Log}}' web")) > 2,
      { what: "some checks" },
    );
    expect(systemd.stdout).not.toContain("READY=1");
    await alice.ok("cntnr exec web touch /ok");
    expect(await run.exited).toBe(0);
    await systemd.waitForOutput(/READY=1/);
  });

  test("healthy fails when the container ends before, or has no check", async () => {
    await listen();
    const flags = "--sdnotify healthy --health-interval 1h";
    const ended = await alice.run(
      `${notifying} cntnr run -d ${flags} --health-cmd true --name web $IMAGE sleep 0.3`,
    );
    expect(ended.exitCode).toBe(125);
    expect(ended.stderr).toContain("has ended before it was healthy");
    expect(
      (await alice.run(`${notifying} cntnr run -d --sdnotify healthy $IMAGE sleep 1000`)).stderr,
    ).toContain("has no health check");
    expect(await alice.containers()).toEqual([]);
    const shown = await alice.run(`${notifying} cntnr run --sdnotify healthy $IMAGE sleep 1000`);
    expect(shown.stderr).toContain("has no health check");
    expect(await alice.containers()).toEqual([]);
  });

  test("container leaves it to the container to say when it is ready", async () => {
    const debian = await alice.registry.push(await debianImage(), "debian:bookworm");
    const systemd = await listen();
    const home = alice.host.users.alice.home;
    const script = `until [ -e /go ]; do sleep 0.05; done
perl -MSocket -e 'socket(S, AF_UNIX, SOCK_DGRAM, 0); send(S, "READY=1", 0, sockaddr_un($ENV{NOTIFY_SOCKET})) or die'
exec sleep 1000
`;
    await alice.ok(`cat >ready.sh; cntnr image pull -q ${debian}`, { input: script, timeoutMs: 180_000 });
    const run = alice.spawn(
      `env NOTIFY_SOCKET=${home}/notify cntnr run -d --sdnotify container --name web -v ${home}/ready.sh:/ready.sh ${debian} sh /ready.sh`,
    );
    await waitFor(() => alice.pidOf("web"), { what: "the container", timeoutMs: 60_000 });
    expect(systemd.stdout).not.toContain("READY=1");
    await alice.ok("cntnr exec web touch /go");
    expect(await run.exited).toBe(0);
    await systemd.waitForOutput(new RegExp(`MAINPID=${conmonPid()}\n`));
    await systemd.waitForOutput(/READY=1/);
  });

  test("without it systemd is told nothing, and nothing waits for it", async () => {
    const systemd = await listen();
    await alice.ok(`${notifying} cntnr run -d --name web $IMAGE sleep 1000`);
    expect(await alice.ok(`${notifying} cntnr run --rm $IMAGE sh -c 'echo "<$NOTIFY_SOCKET>"'`)).toBe("<>");
    expect(systemd.stdout).toBe("listening\n");
  });

  test("while systemd looks after a container, its own restart policy rests", async () => {
    await listen();
    await alice.ok(
      `${notifying} cntnr run -d --restart always --sdnotify conmon --name web $IMAGE sleep 1000`,
    );
    process.kill(await alice.pidOf("web"), "SIGKILL");
    await waitFor(async () => (await alice.container("web")).state === "exited", { what: "its end" });
    await waitFor(() => processesOf(alice.host).every(({ name }) => name === "perl"), {
      what: "its clean-up",
    });
    await alice.ok("cntnr start web");
    process.kill(await alice.pidOf("web"), "SIGKILL");
    await waitFor(async () => (await alice.container("web")).state === "running", { what: "its next life" });
  });
});

describe("generate systemd", () => {
  test("writes units that systemd takes", async () => {
    await alice.ok(
      "cntnr create --name web -e 'A=a $HOME %h \"quoted\"' --restart always --stop-timeout 5 $IMAGE sh -c 'sleep 1000; :'",
    );
    await alice.ok(
      "rm -rf units; mkdir units; cd units; cntnr generate systemd -f web; cntnr generate systemd -f --new --name web",
    );
    const listing = await alice.ok("ls units");
    expect(listing).toMatch(/^container-[0-9a-f]{12}\.service\ncontainer-web\.service$/);
    expect(await alice.run("cd units; systemd-analyze verify --user ./*.service")).toEqual({
      exitCode: 0,
      stdout: "",
      stderr: "",
    });
    const unit = await alice.ok("cat units/container-web.service");
    for (const line of ["Type=notify", "Restart=always", "TimeoutStopSec=65"])
      expect(unit.split("\n")).toContain(line);
  });

  test("the commands of a unit do what systemd expects of them", async () => {
    const systemd = await listen();
    await alice.ok(
      "cntnr create --name web -e 'A=a  b' $IMAGE sh -c 'trap \"exit 0\" TERM; echo \"$A\"; while :; do sleep 0.05; done'; cntnr generate systemd --new --name web >unit",
    );
    // What systemd does with these lines; their words are quoted for a shell, too, but for its own escapes.
    const command = (key: string) =>
      `export ${notifying}; eval "$(sed -n 's/^${key}=//p' unit | sed 's/[$][$]/\\\\$/g; s/%%/%/g')"`;
    await alice.ok(`${command("ExecStartPre")} && ${command("ExecStart")}`);
    await systemd.waitForOutput(/READY=1/);
    await waitFor(async () => (await alice.ok("cntnr logs web")) === "a  b", { what: "its output" });
    await alice.ok(command("ExecStop"));
    expect(await alice.container("web")).toMatchObject({ state: "exited", exitCode: 0 });
    await alice.ok(command("ExecStopPost"));
    expect(await alice.containers()).toEqual([]);
  });
});
