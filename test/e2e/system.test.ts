import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { CntnrShell } from "../fixtures/cntnr-shell.ts";
import { waitFor } from "../fixtures/wait-for.ts";

let alice: CntnrShell;
beforeAll(async () => {
  alice = await CntnrShell.start();
});
afterEach(() => alice.clear());
afterAll(() => alice[Symbol.asyncDispose]());

const percentOf = (row = "") => Number.parseFloat(row.split(" ")[1] ?? "");
const lines = async (command: string) => (await alice.ok(command)).split("\n").filter((line) => line !== "");

describe("stats", () => {
  test("shows processor, memory and processes of what runs", async () => {
    await alice.ok(
      "cntnr run -d --name busy $IMAGE sh -c 'while :; do :; done'; cntnr run -d --name idle $IMAGE sh -c 'sleep 999 & sleep 1000'",
    );
    await alice.ok("cntnr create --name off $IMAGE true");
    const format = "{{.Name}} {{.CPUPerc}} {{.PIDs}} {{.NetIO}}";
    // Until all of it runs, and has had its share of a processor that others want as well.
    const shown = await waitFor(
      async () => {
        const rows = await lines(`cntnr stats --no-stream --format '${format}' | sort`);
        return /^idle 0\.\d\d% 2 -- \/ --$/.test(rows[1] ?? "") && percentOf(rows[0]) > 5 && rows;
      },
      { what: "one at work and one idle" },
    );
    expect(shown).toHaveLength(2);
    expect(shown[0]).toStartWith("busy ");
    expect(percentOf(shown[0])).toBeLessThan(120);
    expect((await lines("cntnr stats --no-stream busy"))[1]).toMatch(
      /^[0-9a-f]{12} +busy +[\d.]+% +[\d.]+KiB \/ [\d.]+GiB /,
    );
    expect(
      await alice.ok(
        "cntnr stats --no-stream -a -f x 2>/dev/null || cntnr stats --no-stream -a --format '{{.Name}} {{.MemUsage}}' | grep off",
      ),
    ).toBe("off 0B / 0B");
  });

  test("goes on, once a second, until it is ended", async () => {
    await alice.ok("cntnr run -d --name idle $IMAGE sleep 1000");
    const stats = alice.spawn("cntnr stats --format '{{.Name}}'");
    await stats.waitForOutput(/idle\nidle\n/);
    stats.kill("SIGINT");
    expect(await stats.exited).not.toBe(0);
  });
});

describe("update", () => {
  test("changes the restart policy and the time to stop, of what runs and of what does not", async () => {
    await alice.ok("cntnr run -d --name on $IMAGE sleep 1000; cntnr create --name off $IMAGE true");
    expect(await lines("cntnr update --restart on-failure:2 --stop-timeout 0 on off")).toEqual(["on", "off"]);
    const format =
      "{{.HostConfig.RestartPolicy.Name}} {{.HostConfig.RestartPolicy.MaximumRetryCount}} {{.Config.StopTimeout}}";
    expect(await lines(`cntnr inspect -f '${format}' on off`)).toEqual(["on-failure 2 0", "on-failure 2 0"]);
    const start = performance.now();
    await alice.ok("cntnr stop on");
    // Before, it would have been given ten seconds.
    expect(performance.now() - start).toBeLessThan(10_000);
  });

  test("is refused where it makes no sense", async () => {
    await alice.ok("cntnr run -d --rm --name passing $IMAGE sleep 1000");
    expect((await alice.run("cntnr update --restart always passing")).stderr).toContain(
      "container passing removes itself",
    );
    expect((await alice.run("cntnr update passing")).exitCode).toBe(125);
    for (const limit of ["--memory 64m", "--cpus 0.5", "--pids-limit 10"]) {
      const refused = await alice.run(`cntnr update ${limit} passing`);
      expect(refused).toMatchObject({ exitCode: 1, stdout: "" });
      expect(refused.stderr).toMatch(/^cntnr: limits need the cgroup controllers \w+, and .*\n$/);
    }
  });
});

describe("prune and df", () => {
  test("container prune removes what does not run, and what matches", async () => {
    await alice.ok(
      "cntnr run -d --name on $IMAGE sleep 1000; cntnr run --name old -l a=b $IMAGE sh -c 'head -c 5000 /dev/zero >/f'; cntnr create --name new $IMAGE true",
    );
    expect((await alice.run("cntnr container prune")).exitCode).toBe(125);
    expect(await alice.ok("cntnr container prune -f --filter until=1h")).toBe("Total reclaimed space: 0B");
    const [heading, id, total] = await lines("cntnr container prune -f --filter label=a=b");
    expect([heading, total]).toEqual(["Deleted Containers:", "Total reclaimed space: 5kB"]);
    expect(id).toMatch(/^[0-9a-f]{64}$/);
    await alice.ok("cntnr container prune -f --filter 'label!=a'");
    expect((await alice.containers()).map(({ name }) => name)).toEqual(["on"]);
  });

  test("system prune removes images that nothing needs, and leaves what is in use", async () => {
    await alice.ok(
      "cntnr run --name one $IMAGE sh -c 'echo 1 >/one'; cntnr commit one spare:1; cntnr commit one used:1; cntnr run -d --name on used:1 sleep 1000",
    );
    const images = () => alice.ok("cntnr images --format '{{.Repository}}:{{.Tag}}' | sort");
    await alice.ok("cntnr system prune -f");
    expect(await images()).toContain("spare:1");
    expect(await alice.ok("cntnr system prune -af")).toContain("untagged: spare:1");
    expect(await images()).toBe("used:1");
    expect(await alice.ok("cntnr exec on cat /one")).toBe("1");
    await alice.ok("cntnr image pull -q $IMAGE");
  });

  test("system df tells what takes room", async () => {
    await alice.ok(
      "cntnr run -d --name on $IMAGE sh -c 'head -c 3000 /dev/zero >/f; echo made; sleep 1000'; cntnr run --name off $IMAGE sh -c 'head -c 2000 /dev/zero >/f'",
    );
    await waitFor(async () => (await alice.ok("cntnr logs on")) === "made", { what: "the file" });
    const rows = await lines(
      "cntnr system df --format '{{.Type}} {{.TotalCount}} {{.Active}} {{.Size}} {{.Reclaimable}}'",
    );
    expect(rows[1]).toBe("Containers 2 1 5kB 2kB (40%)");
    expect(rows[0]).toMatch(/^Images \d+ 1 /);
    await alice.ok(
      "cntnr run --rm -v kept:/v $IMAGE sh -c 'head -c 1000 /dev/zero >/v/f'; cntnr commit off local/off:1",
    );
    const details = await lines("cntnr system df -v");
    const start = (text: string) => details.findIndex((line) => line.startsWith(text));
    expect(details[start("Images space usage:") + 1]).toMatch(
      /^REPOSITORY +TAG +IMAGE ID +CREATED +SIZE +SHARED SIZE +UNIQUE SIZE +CONTAINERS$/,
    );
    expect(details[start("local/off")]).toMatch(/ 2kB +0$/);
    expect(details.find((line) => line.endsWith(" off"))).toMatch(
      / 0 +2kB +(?:\d+ seconds?|Less than a second) ago +Exited \(0\) .* off$/,
    );
    expect(details[start("kept")]).toMatch(/^kept +0 +1kB$/);
    expect(await alice.ok("cntnr system df -v --format '{{range .Volumes}}{{.Name}} {{.Size}}{{end}}'")).toBe(
      "kept 1kB",
    );
    await alice.ok("cntnr volume rm kept");
    expect((await lines("cntnr system df"))[0]).toMatch(/^TYPE +TOTAL +ACTIVE +SIZE +RECLAIMABLE$/);
  });
});

describe("inspect and info", () => {
  test("inspect finds containers, images and volumes by any name", async () => {
    await alice.ok("cntnr create --name box $IMAGE true; cntnr volume create data");
    const types = await alice.ok("cntnr inspect box 127.0.0.1:5000/alpine:3.6 data");
    const [container, image, volume] = JSON.parse(types);
    expect([container.Name, image.RepoTags[0], volume.Name]).toEqual([
      "/box",
      "127.0.0.1:5000/alpine:3.6",
      "data",
    ]);
    expect((await alice.run("cntnr inspect --type image box")).exitCode).toBe(1);
    expect((await alice.run("cntnr inspect nothing")).stderr).toBe("cntnr: No such object: nothing\n");
    await alice.ok("cntnr rm box; cntnr volume rm data");
  });

  test("version is printed by docker's templates, too", async () => {
    const version = await alice.ok("cntnr version");
    expect(await alice.ok("cntnr version --format '{{.Client.Version}} {{.Server.Version}}'")).toBe(
      `${version.split(" ")[1]} ${version.split(" ")[1]}`,
    );
  });

  test("info counts what there is", async () => {
    await alice.ok("cntnr run -d --name on $IMAGE sleep 1000; cntnr create $IMAGE true");
    const format = "{{.Containers}} {{.ContainersRunning}} {{.ContainersStopped}} {{.Rootless}} {{.SubIds}}";
    expect(await alice.ok(`cntnr info -f '${format}'`)).toBe("2 1 1 true true");
    expect(await lines("cntnr system info")).toContain("Driver: overlay");
  });
});
