import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { CntnrShell } from "../fixtures/cntnr-shell.ts";
import { processesOf, waitForNoProcesses } from "../fixtures/processes.ts";
import { waitFor } from "../fixtures/wait-for.ts";

let alice: CntnrShell;
beforeAll(async () => {
  alice = await CntnrShell.start();
});
afterEach(() => alice.clear());
afterAll(() => alice[Symbol.asyncDispose]());

const lines = async (command: string) => (await alice.ok(command)).split("\n").filter((line) => line !== "");
const ticking = "sh -c 'i=0; while :; do i=$((i+1)); echo $i; sleep 0.02; done'";
const ticks = async (name: string) => Number((await lines(`cntnr logs --tail 1 ${name}`))[0] ?? 0);
const stateOf = (pid: number) => /^State:\t(.)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];

describe("ps", () => {
  test("shows what runs, and with -a what has ended, too", async () => {
    await alice.ok(
      "cntnr run -d --name on $IMAGE sleep 1000; cntnr run --name off $IMAGE true; cntnr create --name new $IMAGE true",
    );
    expect(await lines("cntnr ps --format '{{.Names}} {{.State}}'")).toEqual(["on running"]);
    expect(await lines("cntnr ps -a --format '{{.Names}} {{.State}}'")).toEqual([
      "new created",
      "off exited",
      "on running",
    ]);
    expect(await lines("cntnr ps -n 2 --format '{{.Names}}'")).toEqual(["new", "off"]);
    expect(await lines("cntnr ps -l --format '{{.Names}}'")).toEqual(["new"]);
    const [heading, row] = await lines("cntnr ps");
    expect(heading).toMatch(/^CONTAINER ID +IMAGE +COMMAND +CREATED +STATUS +NETWORK +PORTS +NAMES$/);
    expect(row).toMatch(/^[0-9a-f]{12} .* "sleep 1000" .* Up (?:\d+ seconds?|Less than a second) .*on$/);
    const [id] = await lines("cntnr ps -q --no-trunc");
    expect(id).toMatch(/^[0-9a-f]{64}$/);
    expect(await lines("cntnr ps --format json")).toHaveLength(1);
  });

  test("filters as docker does", async () => {
    await alice.ok("cntnr run -d --name web-1 -l tier=front -l a $IMAGE sleep 1000");
    await alice.ok(
      "cntnr run --name web-2 -l tier=back $IMAGE sh -c 'exit 3' || true; cntnr create --name db $IMAGE true",
    );
    const named = async (filters: string) =>
      (await lines(`cntnr ps -a ${filters} --format '{{.Names}}'`)).sort();
    expect(await named("-f name=web")).toEqual(["web-1", "web-2"]);
    expect(await named("-f name=^db$ -f name=web-1")).toEqual(["db", "web-1"]);
    expect(await named("-f label=tier")).toEqual(["web-1", "web-2"]);
    expect(await named("-f label=tier=front -f label=a")).toEqual(["web-1"]);
    expect(await named("-f status=created")).toEqual(["db"]);
    expect(await named("-f exited=3")).toEqual(["web-2"]);
    expect(await named("-f ancestor=alpine:3.6 -f network=host")).toEqual(["db", "web-1", "web-2"]);
    expect(await named("-f before=db -f since=web-1")).toEqual(["web-2"]);
    expect(await named("-f name=^/db$")).toEqual(["db"]);
    expect(await named("-f health=none -f is-task=false")).toEqual(["db", "web-1", "web-2"]);
    expect(await named("-f is-task=true")).toEqual([]);
    for (const wrong of ["colour=red", "status=nosuch", "health=ill", "exited=x", "publish=http", "name"]) {
      const { exitCode, stdout, stderr } = await alice.run(`cntnr ps -f ${wrong}`);
      expect([wrong, exitCode, stdout]).toEqual([wrong, 125, ""]);
      expect(stderr).toContain(`--filter "${wrong}"`);
    }
    expect((await alice.run("cntnr ps -f status=nosuch")).stderr).toContain(
      "created, running, paused, restarting, removing, exited, dead",
    );
  });

  test("tells of volumes and ports, and finds containers by them", async () => {
    await alice.ok(
      "mkdir -p shared; cntnr create --name db -v data:/var/data -v $PWD/shared:/shared --expose 5432 --expose 53/udp $IMAGE true",
    );
    await alice.ok("cntnr create --name other $IMAGE true");
    expect(await alice.ok("cntnr ps -af name=db --format '{{.LocalVolumes}} {{.Mounts}}'")).toMatch(
      /^1 (?:data,\/home\/cntnr-al…|\/home\/cntnr-al…,data)$/,
    );
    for (const filter of [
      "volume=data",
      "volume=/var/data",
      "volume=$PWD/shared",
      "expose=5400-5500",
      "expose=53/udp",
    ])
      expect([filter, await lines(`cntnr ps -af ${filter} --format '{{.Names}}'`)]).toEqual([filter, ["db"]]);
    for (const filter of ["volume=dat", "expose=53", "publish=5432"])
      expect([filter, await lines(`cntnr ps -qaf ${filter}`)]).toEqual([filter, []]);
  });

  test("-s says how much room each takes", async () => {
    await alice.ok("cntnr run --name writer $IMAGE dd if=/dev/zero of=/big bs=1000 count=3000");
    expect(await alice.ok("cntnr ps -as --format '{{.Size}}'")).toMatch(/^3MB \(virtual [\d.]+MB\)$/);
    expect(await alice.ok("cntnr ps -aq --format '{{.Size}}'")).toMatch(/^3MB \(virtual [\d.]+MB\)$/);
    expect(await alice.ok("cntnr ps -a --format json")).toContain('"Size":"0B"');
    const [{ SizeRw, SizeRootFs }] = JSON.parse(await alice.ok("cntnr inspect -s writer"));
    expect([SizeRw, SizeRootFs > SizeRw]).toEqual([3000000, true]);
    expect(await alice.ok("cntnr inspect writer")).not.toContain("SizeRw");
    await alice.ok("cntnr run --name other -u user $IMAGE dd if=/dev/zero of=/tmp/big bs=1000 count=2000");
    await alice.ok(
      "cntnr run --name secret $IMAGE sh -c 'mkdir -m 700 /s && dd if=/dev/zero of=/s/big bs=1000 count=2000 && chown -R 5 /s'",
    );
    expect(await alice.ok("cntnr ps -as -f name=secret --format '{{.Size}}'")).toMatch(/^2(\.\d+)?MB /);
  });
});

describe("inspect", () => {
  test("tells all in docker's shape, and by a template what is asked for", async () => {
    const flags =
      "--name told -e A=b -w /tmp -l key=value -v /www:/data:ro --restart on-failure:3 --stop-timeout 7";
    const id = await alice.ok(
      `mkdir -p www; cntnr run -d ${flags.replace("/www", "$PWD/www")} $IMAGE sleep 1000`,
    );
    const [told] = JSON.parse(await alice.ok("cntnr inspect told"));
    expect(told).toMatchObject({
      Id: id,
      Name: "/told",
      Path: "sleep",
      Args: ["1000"],
      State: { Status: "running", Running: true, Paused: false, ExitCode: 0, Pid: await alice.pidOf("told") },
      Mounts: [{ Type: "bind", Destination: "/data", RW: false }],
      HostConfig: {
        RestartPolicy: { Name: "on-failure", MaximumRetryCount: 3 },
        NetworkMode: "host",
        AutoRemove: false,
      },
      Config: { WorkingDir: "/tmp", Labels: { key: "value" }, StopTimeout: 7, Tty: false },
    });
    expect(told.Config.Env).toContain("A=b");
    expect(await alice.ok("cntnr inspect -f '{{.State.Status}} {{index .Config.Labels \"key\"}}' told")).toBe(
      "running value",
    );
    await alice.ok("cntnr kill told");
    const format = "{{.State.Running}} {{.State.ExitCode}}";
    await waitFor(
      async () => (await alice.ok(`cntnr container inspect -f '${format}' told`)) === "false 137",
      { what: "its end" },
    );
    const none = await alice.run("cntnr inspect nobody");
    expect(none).toMatchObject({ exitCode: 1, stdout: "[]\n" });
  });
});

describe("pause and unpause", () => {
  test("stop all processes for a while", async () => {
    await alice.ok(`cntnr run -d --name paused $IMAGE ${ticking}`);
    await waitFor(async () => (await ticks("paused")) > 3, { what: "the first ticks" });
    expect(await alice.ok("cntnr pause paused")).toBe("paused");
    expect(await alice.container("paused")).toMatchObject({
      state: "paused",
      status: expect.stringMatching(/^Up .* \(Paused\)$/),
    });
    // What it printed last may still be on its way to the log.
    const before = await waitFor(
      async () => {
        const shown = await ticks("paused");
        return shown === (await ticks("paused")) && shown;
      },
      { what: "the last tick" },
    );
    const states = processesOf(alice.host)
      .filter(({ name }) => name === "sh" || name === "sleep")
      .map(({ pid }) => stateOf(pid));
    expect(new Set(states)).toEqual(new Set(["T"]));
    for (const command of ["pause paused", "exec paused true", "rm paused"])
      expect((await alice.run(`cntnr ${command}`)).stderr).toContain("container paused is paused");
    expect(await ticks("paused")).toBe(before);
    expect(await alice.ok("cntnr unpause paused")).toBe("paused");
    await waitFor(async () => (await ticks("paused")) > before, { what: "the next tick" });
    expect((await alice.run("cntnr unpause paused")).stderr).toContain("container paused is not paused");
  });

  test("one that is paused can be stopped, by its own signal, and removed", async () => {
    await alice.ok(
      "cntnr run -d --name polite $IMAGE sh -c 'trap \"exit 4\" TERM; echo ready; while :; do sleep 0.02; done'",
    );
    await waitFor(async () => (await alice.ok("cntnr logs polite")) === "ready", { what: "it to be ready" });
    await alice.ok("cntnr pause polite; cntnr stop polite");
    expect(await alice.container("polite")).toMatchObject({ state: "exited", exitCode: 4 });
    await alice.ok("cntnr run -d --name rude $IMAGE sleep 1000; cntnr pause rude; cntnr rm -f rude");
    await waitForNoProcesses(alice.host);
  });

  test("leave alone what the container had stopped itself", async () => {
    await alice.ok(
      "cntnr run -d --name own $IMAGE sh -c 'sleep 777 & kill -STOP $!; echo ready; sleep 1000'",
    );
    await waitFor(async () => (await alice.ok("cntnr logs own")) === "ready", { what: "it to be ready" });
    await alice.ok("cntnr pause own; cntnr unpause own");
    const states = processesOf(alice.host).map(({ pid }) => stateOf(pid));
    expect(states.filter((state) => state === "T")).toHaveLength(1);
  });
});

describe("rename", () => {
  test("gives another name, and the old one back", async () => {
    const id = await alice.ok("cntnr run -d --name old $IMAGE sleep 1000");
    await alice.ok("cntnr rename old new");
    expect(await alice.container("new")).toMatchObject({ id, state: "running" });
    expect((await alice.run("cntnr inspect old")).exitCode).toBe(1);
    await alice.ok("cntnr create --name old $IMAGE true");
    expect((await alice.run("cntnr rename new old")).stderr).toContain("the name old is taken");
    expect((await alice.run("cntnr rename new 'no name'")).exitCode).toBe(125);
    await alice.ok("cntnr stop -t 0 new; cntnr rm new");
  });
});

describe("top", () => {
  test("shows the container's processes and no other, with any columns", async () => {
    await alice.ok("cntnr run -d --name busy $IMAGE sh -c 'sleep 888 & wait'; cntnr run -d $IMAGE sleep 999");
    await alice.ok("cntnr exec -d busy sleep 777");
    const shown = await lines("cntnr top busy");
    expect(shown[0]).toMatch(/^UID +PID .* CMD$/);
    // A program may only be about to take the place of what starts it.
    const commands = async () =>
      (await lines("cntnr top busy"))
        .slice(1)
        .map((line) => line.replace(/^.*\d\d:\d\d:\d\d /, ""))
        .sort();
    const expected = ["sh -c sleep 888 & wait", "sleep 777", "sleep 888"];
    await waitFor(async () => Bun.deepEquals(await commands(), expected), { what: expected.join(", ") });
    expect((await lines("cntnr top busy -o pid,args"))[0]).toMatch(/^ *PID COMMAND$/);
    expect((await alice.run("cntnr top busy -o args")).stderr).toContain("no column PID");
    expect((await alice.run("cntnr top busy --nonsense")).exitCode).toBe(125);
  });
});

describe("logs", () => {
  test("--since and --until cut at points in time", async () => {
    await alice.ok(
      "cntnr run --restart no -d --name timed $IMAGE sh -c 'echo one; sleep 1.2; echo two; sleep 1.2; echo three'",
    );
    await alice.ok("cntnr wait timed");
    const times = (await lines("cntnr logs -t timed")).map((line) => line.split(" ")[0] ?? "");
    expect(times).toHaveLength(3);
    expect(await lines(`cntnr logs --since ${times[1]} timed`)).toEqual(["two", "three"]);
    expect(await lines(`cntnr logs --until ${times[1]} timed`)).toEqual(["one", "two"]);
    expect(await lines(`cntnr logs --since ${times[1]} --until ${times[1]} timed`)).toEqual(["two"]);
    expect(await lines("cntnr logs --until 1h timed")).toEqual([]);
    expect((await alice.run("cntnr logs --until soon timed")).exitCode).toBe(125);
  });
});

describe("events", () => {
  const actions = (flags: string) => lines(`cntnr events --until 0s ${flags} --format '{{.Action}}'`);

  test("tell each step of a life once, in its order", async () => {
    await alice.ok("cntnr run --rm --name brief $IMAGE true");
    expect(await actions("--since 1h -f container=brief")).toEqual(["create", "start", "die", "destroy"]);
    await alice.ok(
      "cntnr run -d --name long -l kept=long $IMAGE sleep 1000; cntnr pause long; cntnr unpause long",
    );
    await alice.ok(
      "cntnr rename long longer; cntnr stop -t 0 longer; cntnr start longer; cntnr kill longer; cntnr wait longer; cntnr rm longer",
    );
    expect(await actions("--since 1h -f label=kept=long")).toEqual(
      "create start pause unpause rename die stop start kill die destroy".split(" "),
    );
    expect(await actions("--since 1h -f label=kept=long -f event=die -f event=kill")).toEqual([
      "die",
      "kill",
      "die",
    ]);
    expect(await actions("--since 1h -f type=image -f label=kept=long")).toEqual([]);
  });

  test("tell of commands in containers, of images, volumes and networks", async () => {
    const start = await alice.ok("date +%s");
    await alice.ok("cntnr run -d --name box $IMAGE sleep 1000; cntnr exec box sh -c 'exit 3' || true");
    await alice.run("cntnr exec box no-such-command");
    await alice.ok("cntnr exec -d box true; cntnr exec -t box true");
    const ofExec = await lines(
      `cntnr events --until 0s --since ${start} -f type=container -f container=box --format '{{.Action}} {{.Actor.Attributes.exitCode}}'`,
    );
    expect(
      ofExec.filter((line) => line.startsWith("exec_")).map((line) => line.replace(" <no value>", "")),
    ).toEqual([
      ...["exec_create: sh -c exit 3", "exec_start: sh -c exit 3", "exec_die 3"],
      ...["exec_create: no-such-command", "exec_start: no-such-command", "exec_die 127"],
      ...["exec_create: true", "exec_start: true"],
      ...["exec_create: true", "exec_start: true", "exec_die 0"],
    ]);
    await alice.ok(
      "cntnr image pull -q $IMAGE; cntnr tag $IMAGE other:1; cntnr image untag other:1; cntnr tag $IMAGE other:2; cntnr rmi other:2",
    );
    const ofImages = await lines(
      `cntnr events --until 0s --since ${start} -f type=image --format '{{.Action}} {{.Actor.Attributes.name}}'`,
    );
    const name = "docker.io/library/other";
    expect(ofImages).toEqual([
      `pull ${alice.image.replace("docker://", "")}`,
      ...[`tag ${name}:1`, `untag ${name}:1`, `tag ${name}:2`, `untag ${name}:2`],
    ]);
    await alice.ok(
      "cntnr volume create kept; cntnr run --rm -v made:/v $IMAGE true; cntnr volume rm kept made",
    );
    expect(
      await lines(
        `cntnr events --until 0s --since ${start} -f type=volume --format '{{.Action}} {{.Actor.ID}}'`,
      ),
    ).toEqual(["create kept", "create made", "destroy kept", "destroy made"]);
    expect(
      await lines(`cntnr events --until 0s --since ${start} -f volume=made -f event=destroy`),
    ).toHaveLength(1);
  });

  test("also where nobody was there to see the end", async () => {
    await alice.ok("cntnr run -d --name unseen $IMAGE sleep 1000");
    for (const { pid } of processesOf(alice.host)) process.kill(pid, "SIGKILL");
    await waitForNoProcesses(alice.host);
    await alice.ok("cntnr ps; cntnr ps");
    expect(await actions("--since 1h -f container=unseen")).toEqual(["create", "start", "die"]);
  });

  test("are told as they happen, until a point in time", async () => {
    const watch = alice.spawn("cntnr events -f event=start --format '{{.Actor.Attributes.name}}'");
    await waitFor(
      async () => {
        await alice.ok("cntnr run --rm --name seen $IMAGE true");
        return watch.stdout.includes("seen");
      },
      { what: "the event" },
    );
    watch.kill("SIGTERM");
    const start = performance.now();
    const until = new Date(Date.now() + 700).toISOString();
    await alice.ok(`cntnr events --until ${until}`);
    expect(performance.now() - start).toBeGreaterThan(500);
  });
});
