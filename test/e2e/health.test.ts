import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { CntnrShell } from "../fixtures/cntnr-shell.ts";
import { type HostProcess, processesOf } from "../fixtures/processes.ts";
import { waitFor } from "../fixtures/wait-for.ts";

let alice: CntnrShell;
beforeAll(async () => {
  alice = await CntnrShell.start();
});
afterEach(async () => {
  await alice.clear();
  await waitFor(() => processesOf(alice.host).length === 0, { what: "the end of the supervisor" });
});
afterAll(() => alice[Symbol.asyncDispose]());

const quick = "--health-interval 200ms --health-retries 2";
const healthOf = (name: string) => alice.ok(`cntnr inspect -f '{{.State.Health.Status}}' ${name}`);
const becomes = (name: string, status: string) =>
  waitFor(async () => (await healthOf(name)) === status, { what: `${name} to be ${status}` });
const isSupervisor = ({ arguments: words }: HostProcess) => words.some((word) => word === "internal-health");
const supervisors = () => processesOf(alice.host).filter(isSupervisor);

describe("a health check", () => {
  test("finds out how the container is, and ps, inspect and events tell", async () => {
    await alice.ok(
      `cntnr run -d --name web ${quick} --health-cmd 'test -e /ok || { echo not ok; exit 3; }' $IMAGE sleep 1000`,
    );
    await becomes("web", "unhealthy");
    expect((await alice.container("web")).status).toMatch(/^Up .* \(unhealthy\)$/);
    const { Log: log, FailingStreak: streak } = JSON.parse(
      await alice.ok("cntnr inspect -f '{{json .State.Health}}' web"),
    );
    expect(streak).toBeGreaterThanOrEqual(2);
    expect(log.at(-1)).toMatchObject({ ExitCode: 3, Output: "not ok\n" });
    expect(
      await alice.ok("cntnr ps -f health=unhealthy --format '{{.Names}}'; cntnr ps -q -f health=healthy"),
    ).toBe("web");
    await alice.ok("cntnr exec web touch /ok");
    await becomes("web", "healthy");
    const format = "{{.Action}}";
    expect(
      await alice.ok(
        `cntnr events --since 1h --until 0s -f container=web -f event=health_status --format '${format}'`,
      ),
    ).toBe("health_status: unhealthy\nhealth_status: healthy");
    expect(supervisors()).toHaveLength(1);
  });

  test("of the image is run, unless a flag says otherwise", async () => {
    const change = `HEALTHCHECK --interval=200ms --retries=1 CMD [\\"test\\", \\"-e\\", \\"/ok\\"]`;
    await alice.ok(`cntnr create --name base $IMAGE sleep 1000; cntnr commit -c "${change}" base checked:1`);
    await alice.ok("cntnr run -d --name image checked:1; cntnr run -d --name off --no-healthcheck checked:1");
    await alice.ok("cntnr run -d --name own --health-cmd true checked:1");
    await becomes("image", "unhealthy");
    await becomes("own", "healthy");
    expect((await alice.container("off")).status).toMatch(/^Up (?:\d+ seconds?|Less than a second)$/);
    expect(await alice.ok("cntnr inspect -f '{{json .Config.Healthcheck.Test}}' image")).toBe(
      '["CMD","test","-e","/ok"]',
    );
  });

  test("that takes too long is ended, and has failed", async () => {
    await alice.ok(
      "cntnr run -d --name slow --health-interval 100ms --health-retries 1 --health-timeout 300ms --health-cmd 'exec sleep 777' $IMAGE sleep 1000",
    );
    await becomes("slow", "unhealthy");
    expect(await alice.ok("cntnr inspect -f '{{(index .State.Health.Log 0).Output}}' slow")).toBe(
      "the check took longer than 0.3 s",
    );
    await waitFor(
      () => processesOf(alice.host).filter(({ arguments: words }) => words[1] === "777").length <= 1,
      { what: "the end of those before" },
    );
  });

  test("in the start period does no harm", async () => {
    await alice.ok(
      "cntnr run -d --name late --health-interval 100ms --health-start-period 1h --health-start-interval 100ms --health-retries 1 --health-cmd false $IMAGE sleep 1000",
    );
    await waitFor(
      async () =>
        JSON.parse(await alice.ok("cntnr inspect -f '{{json .State.Health.Log}}' late")).length === 5,
      { what: "five checks" },
    );
    expect(await healthOf("late")).toBe("starting");
    expect((await alice.container("late")).status).toMatch(/ \(health: starting\)$/);
  });

  test("begins anew with each life, and rests while the container is paused", async () => {
    await alice.ok(`cntnr run -d --name web ${quick} --health-cmd 'echo x >>/checks' $IMAGE sleep 1000`);
    await becomes("web", "healthy");
    await alice.ok("cntnr pause web");
    await waitFor(() => supervisors().length === 0, { what: "the end of the supervisor" });
    await alice.ok("cntnr unpause web");
    await waitFor(() => supervisors().length === 1, { what: "another supervisor" });
    await alice.ok("cntnr restart -t 0 web");
    await becomes("web", "healthy");
  });

  test("of a container in the foreground is run, too", async () => {
    const run = alice.spawn(`cntnr run --name fore ${quick} --health-cmd true $IMAGE sleep 1000`);
    await waitFor(() => alice.pidOf("fore"), { what: "the container" });
    await becomes("fore", "healthy");
    await alice.ok("cntnr kill fore");
    expect(await run.exited).toBe(137);
  });
});

describe("--health-on-failure", () => {
  const run = (action: string, more = "") =>
    alice.ok(
      `cntnr run -d --name sick ${more} ${quick} --health-on-failure ${action} --health-cmd 'test ! -e /sick' $IMAGE sh -c 'echo life; trap "exit 5" TERM; while :; do sleep 0.05; done'`,
    );
  const fallIll = async () => {
    await becomes("sick", "healthy");
    await alice.ok("cntnr exec sick touch /sick");
  };
  const hasState = (state: string) =>
    waitFor(async () => (await alice.container("sick")).state === state, { what: state });

  test("stop ends it politely", async () => {
    await run("stop");
    await fallIll();
    await hasState("exited");
    expect((await alice.container("sick")).exitCode).toBe(5);
  });

  test("kill ends it at once, and a restart policy acts on that", async () => {
    await run("kill");
    await fallIll();
    await hasState("exited");
    expect((await alice.container("sick")).exitCode).toBe(137);
    await alice.ok("cntnr rm sick");
    await run("kill", "--restart on-failure:1");
    await fallIll();
    await waitFor(async () => (await alice.ok("cntnr logs sick")).split("\n").length === 2, {
      what: "the second life",
    });
  });

  test("restart starts it anew", async () => {
    await run("restart");
    await fallIll();
    await waitFor(async () => (await alice.ok("cntnr logs sick")).split("\n").length >= 2, {
      what: "the next life",
    });
  });

  test("wrong flags are refused", async () => {
    for (const flags of [
      "--health-on-failure explode",
      "--health-interval soon",
      "--health-retries 0",
      "--health-timeout -1s",
    ])
      expect((await alice.run(`cntnr create ${flags} --health-cmd true $IMAGE true`)).exitCode).toBe(125);
  });
});

describe("the supervisor", () => {
  test("between checks is a sleeping shell of less than 4 MB, for all containers of a user", async () => {
    for (const name of ["one", "two", "three"])
      await alice.ok(`cntnr run -d --name ${name} --health-interval 1h --health-cmd true $IMAGE sleep 1000`);
    const kilobytes = await waitFor(
      () => {
        const [only, ...others] = supervisors();
        if (others.length > 0 || only?.name !== "sh") return undefined;
        const isItsSleep = ({ name, arguments: words }: HostProcess) =>
          name === "sleep" && words[1] !== "1000";
        const sleep = processesOf(alice.host).find(isItsSleep);
        // It may be woken up by the start of the next one between two looks; then it is looked at again.
        return sleep && alice.privateMemoryKilobytes(only.pid) + alice.privateMemoryKilobytes(sleep.pid);
      },
      { what: "the supervisor to sleep" },
    );
    expect(kilobytes).toBeLessThan(4096);
  });

  test("that sleeps for long is woken up by the start of a container whose check is due sooner", async () => {
    await alice.ok("cntnr run -d --name rare --health-interval 1h --health-cmd true $IMAGE sleep 1000");
    await waitFor(() => supervisors()[0]?.name === "sh", { what: "the supervisor to sleep" });
    await alice.ok(`cntnr run -d --name often ${quick} --health-cmd true $IMAGE sleep 1000`);
    await becomes("often", "healthy");
  });

  test("that was killed, awake or asleep, is replaced by whoever looks next", async () => {
    await alice.ok(`cntnr run -d --name web ${quick} --health-cmd 'test -e /ok' $IMAGE sleep 1000`);
    await becomes("web", "unhealthy");
    for (const { pid } of supervisors()) process.kill(pid, "SIGKILL");
    await waitFor(() => supervisors().length === 0, { what: "its end" });
    await alice.ok("cntnr exec web touch /ok; cntnr ps");
    await becomes("web", "healthy");
    await alice.ok(
      "cntnr rm -f web; cntnr run -d --name rare --health-interval 1h --health-cmd true $IMAGE sleep 1000",
    );
    const shell = await waitFor(() => supervisors().find(({ name }) => name === "sh"), {
      what: "the supervisor to sleep",
    });
    process.kill(shell.pid, "SIGKILL");
    // Who has left the lock to it may still be there, and see to another.
    await waitFor(() => supervisors().every(({ pid }) => pid !== shell.pid), { what: "its end" });
    await alice.ok("cntnr ps");
    await waitFor(() => supervisors().length === 1, { what: "another supervisor" });
    for (const { pid, name, arguments: words } of processesOf(alice.host))
      if (name === "sleep" && words[1] !== "1000") process.kill(pid, "SIGKILL");
  });
});
