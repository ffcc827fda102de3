import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { imageReference, layeredImage } from "../fixtures/images.ts";
import { Runs } from "../fixtures/runs.ts";
import type { TestHost } from "../fixtures/test-host.ts";
import type { TestUser } from "../fixtures/users.ts";
import { waitFor } from "../fixtures/wait-for.ts";

let runs: Runs;
let host: TestHost;
let image: string;
let alice: TestUser;
/** Has no sub-ids. */
let carol: TestUser;
beforeAll(async () => {
  runs = await Runs.start();
  ({ host, image, alice, carol } = runs);
  await host.startNetd();
});
afterAll(() => runs[Symbol.asyncDispose]());

const ok: Runs["ok"] = (...words) => runs.ok(...words);
const run: Runs["run"] = (...words) => runs.run(...words);
const runOk: Runs["runOk"] = (...words) => runs.runOk(...words);
const refusal: Runs["refusal"] = (...words) => runs.refusal(...words);

describe("--group-add", () => {
  test("gives the user groups of the image beside his own, by name and by number", async () => {
    expect(await runOk(["--group-add", "extra", "--group-add", "4711"], "id -G")).toBe("0 1001 4711");
    expect(await runOk(["-u", "user:user", "--group-add", "daemon"], "id -u; id -G")).toBe("1000\n1000 1");
    const script = "echo text >/tmp/file && chgrp 4711 /tmp/file && stat -c %g /tmp/file";
    expect(await runOk(["-u", "1000", "--group-add", "4711"], script)).toBe("4711");
    expect(await run(["--group-add", "extra"], "exit 7")).toMatchObject({ exitCode: 7 });
    const input = await host.asUser(alice, ["cntnr", "run", "--rm", "-i", "--group-add", "5", image, "cat"], {
      input: "typed",
    });
    expect(input).toMatchObject({ exitCode: 0, stdout: "typed" });
  });

  test("holds for commands, checks and later lives of the container", async () => {
    const check = ["--health-cmd", "id -G | grep -q 4711", "--health-interval", "1s"];
    const flags = ["--name", "grouped", "-u", "daemon", "--group-add", "4711", ...check];
    await ok(alice, ["cntnr", "run", "-d", ...flags, image, "sh", "-c", "id -G; exec sleep 1000"]);
    try {
      expect(await ok(alice, ["cntnr", "exec", "grouped", "id", "-G"])).toBe("1 4711");
      expect(await ok(alice, ["cntnr", "exec", "-u", "0", "grouped", "id", "-G"])).toBe("0 4711");
      const terminal = "script -qec 'cntnr exec -ti grouped id -G' /dev/null";
      expect(await ok(alice, ["sh", "-c", terminal])).toContain("1 4711");
      await ok(alice, ["cntnr", "exec", "-d", "grouped", "sh", "-c", "id -G >/tmp/detached"]);
      await waitFor(
        async () =>
          (await host.asUser(alice, ["cntnr", "exec", "grouped", "cat", "/tmp/detached"])).stdout ===
          "1 4711\n",
        { what: "the output of a command behind" },
      );
      const health = ["cntnr", "inspect", "--format", "{{.State.Health.Status}}", "grouped"];
      await waitFor(async () => (await ok(alice, health)) === "healthy", { what: "its check" });
      await ok(alice, ["cntnr", "pause", "grouped"]);
      await ok(alice, ["cntnr", "unpause", "grouped"]);
      await ok(alice, ["cntnr", "restart", "-t", "0", "grouped"]);
      expect(await ok(alice, ["cntnr", "logs", "grouped"])).toBe("1 4711\n1 4711");
      const joined = ["--pid", "container:grouped", "--group-add", "4712"];
      expect(await runOk(joined, "id -G; pidof sleep")).toBe("0 4712\n1");
    } finally {
      await ok(alice, ["cntnr", "rm", "-f", "grouped"]);
    }
  });

  test("goes with a network of the administrator's", async () => {
    const address = "ip -4 -o addr show eth0 | grep -o 'inet 10.20.0.[0-9]*'";
    const output = await runOk(["--network", "lab", "--group-add", "4711"], `id -G; ${address}; hostname -i`);
    const [groups, inet, named] = output.split("\n");
    expect(groups).toBe("0 4711");
    expect(inet).toBe(`inet ${named}`);
    const taken = ["--network", "lab", "--ip", "10.20.0.1", "--group-add", "4711"];
    expect(await refusal(taken)).toContain("not permitted");
    await host.waitForNoResidue();
  });

  test("is refused with the reason where it cannot be", async () => {
    expect(await refusal(["--group-add", "none-such"])).toContain(
      "--group-add none-such: unable to find group none-such",
    );
    expect(await refusal(["--group-add", "99999999"])).toContain("beyond your sub-ids");
    expect(await refusal(["--group-add", "4711", "--pid", "host"])).toContain("--pid host");
    expect(await refusal(["--group-add", "4711"], carol)).toContain("you have no sub-ids");
    expect(await refusal(["--group-add", "4711", "--group-add", "keep-groups"])).toContain(
      "goes with no other",
    );
    for (const user of [alice, carol])
      expect(await runOk(["--group-add", "keep-groups"], "id -G | wc -w", user)).toBe("2");
    const bundle = ["cntnr", "bundle", "create", "-b", "grouped", "--group-add", "4711", image];
    expect((await host.asUser(alice, bundle)).stderr).toContain("plain runc");
  });
});

describe("--userns keep-id", () => {
  const keep = ["--userns", "keep-id"];
  const own = () => `${alice.uid}:${alice.gid}`;

  test("makes the user of the container the user outside, and its root another", async () => {
    const script = "echo $(id -u):$(id -g); stat -c %u:%g / /etc/passwd /home/file; cat /proc/self/uid_map";
    await ok(alice, ["sh", "-c", "mkdir -p home && echo text >home/file"]);
    const volume = ["-v", `${alice.home}/home:/home`];
    const lines = (await runOk([...keep, ...volume], script)).split("\n");
    expect(lines.slice(0, 4)).toEqual([own(), "0:0", "0:0", own()]);
    expect(lines.slice(4).map((line) => line.trim().split(/\s+/).map(Number))).toContainEqual([
      alice.uid,
      alice.uid,
      1,
    ]);
    const made = "touch /home/made; touch /made 2>&1; stat -c %u:%g /home/made";
    expect(await runOk([...keep, ...volume], made)).toBe(`touch: /made: Permission denied\n${own()}`);
    const asRoot = "touch /made /home/of-root && chown 5:6 /made && stat -c %u:%g /made /home/of-root";
    expect(await runOk([...keep, ...volume, "-u", "0"], asRoot)).toBe("5:6\n0:0");
    expect(await ok(alice, ["stat", "-c", "%u:%g", "home/made"])).toBe(own());
    expect(await ok(alice, ["stat", "-c", "%u", "home/of-root"])).not.toBe(String(alice.uid));
  });

  test("with other ids than one's own, docker's way or podman's", async () => {
    const flags = ["--userns", "keep-id:uid=1000,gid=4", "-v", `${alice.home}/home:/home`];
    expect(await runOk(flags, "id -u; id -g; whoami; stat -c %u:%g /home/file")).toBe(
      "1000\n4\nuser\n1000:4",
    );
    expect(await runOk(["--userns", "keep-id:uid=0,gid=0"], "id -u")).toBe("0");
    const beyond = ["--userns", "keep-id:uid=1234567890"];
    expect(await runOk(beyond, "id -u; stat -c %u /etc")).toBe("1234567890\n0");
    expect(await refusal(["--userns", "keep-id:user=5"])).toContain("keep-id:uid=UID,gid=GID");
    expect(await refusal([...keep, "--group-add", "5"])).toContain("keep-groups");
    expect(await runOk([...keep, "--group-add", "keep-groups"], "id -u")).toBe(String(alice.uid));
  });

  test("the image knows the user by his name outside, and its root can still add others", async () => {
    const { name, home } = alice;
    expect(
      await runOk(keep, "whoami; id -gn; id -u root; echo $HOME; stat -c %u:%g:%a /etc/passwd /etc"),
    ).toBe(`${name}\n${name}\n0\n/\n0:0:644\n0:0:755`);
    expect(await runOk([...keep, "-w", "/tmp"], "cd; pwd")).toBe("/tmp");
    expect(await runOk([...keep, "-v", `${home}:${home}`], "cd; pwd")).toBe(home);
    expect(await runOk([...keep, "-u", name], "id -u; id -g")).toBe(own().replace(":", "\n"));
    const add = "sed -i '$anew:x:7777:7777::/:/bin/sh' /etc/passwd && id -u new && echo $HOME";
    expect(await runOk([...keep, "-u", "0"], add)).toBe("7777\n/root");
    const passwd = await runOk([], "cat /etc/passwd");
    expect(await runOk(["--userns", "keep-id:uid=1000,gid=1000"], "cat /etc/passwd")).toBe(passwd);
    expect(await runOk(["--userns", "keep-id:uid=2000,gid=2001"], "tail -n 1 /etc/passwd")).toBe(
      `${name}:*:2000:2001:${name}:/:/bin/sh`,
    );
  });

  test("the user's name is a change of the container's, in an overlay and in a copy", async () => {
    const layered = imageReference(await layeredImage());
    // Three layers have no room in the options of mount(2) then.
    const far = join(alice.home, ...Array.from({ length: 5 }, () => "long".repeat(60)));
    for (const store of [join(alice.home, "store"), far]) {
      const cntnr = ["cntnr", "--store-dir", store];
      await ok(alice, [
        ...cntnr,
        "run",
        "--name",
        "named",
        ...keep,
        layered,
        "sh",
        "-c",
        "id -un >/tmp/name",
      ]);
      expect((await ok(alice, [...cntnr, "diff", "named"])).split("\n")).toEqual([
        "C /etc",
        "C /etc/group",
        "C /etc/passwd",
        "C /tmp",
        "A /tmp/name",
      ]);
      expect(await ok(alice, [...cntnr, "cp", "named:/tmp/name", "-"])).toContain(alice.name);
      await ok(alice, [...cntnr, "rm", "named"]);
    }
  });

  test("takes sub-ids, and no bundle of plain runc's", async () => {
    expect(await refusal(keep, carol)).toContain("--userns keep-id takes sub-ids");
    const bundle = ["cntnr", "bundle", "create", "-b", "kept", ...keep, image];
    expect((await host.asUser(alice, bundle)).stderr).toContain("plain runc");
  });

  test("holds for all that is done with the container in its lives", async () => {
    const check = ["--health-cmd", `test $(id -u) = ${alice.uid}`, "--health-interval", "1s"];
    const script = "echo $(id -u); echo text >/tmp/file; exec sleep 1000";
    await ok(alice, ["cntnr", "run", "-d", "--name", "kept", ...keep, ...check, image, "sh", "-c", script]);
    try {
      expect(await ok(alice, ["cntnr", "exec", "kept", "id", "-u"])).toBe(String(alice.uid));
      expect(await ok(alice, ["cntnr", "exec", "-u", "user", "kept", "id", "-u"])).toBe("1000");
      expect(await ok(alice, ["cntnr", "exec", "-u", "0", "kept", "sh", "-c", "echo new >/etc/new"])).toBe(
        "",
      );
      expect(await ok(alice, ["sh", "-c", "script -qec 'cntnr exec -ti kept id -u' /dev/null"])).toContain(
        String(alice.uid),
      );
      const health = ["cntnr", "inspect", "--format", "{{.State.Health.Status}}", "kept"];
      await waitFor(async () => (await ok(alice, health)) === "healthy", { what: "its check" });
      for (const state of ["running", "stopped"]) {
        await ok(alice, [
          "sh",
          "-c",
          "echo mine >mine && cntnr cp mine kept:/tmp/mine && cntnr cp -a mine kept:/kept",
        ]);
        expect(await ok(alice, ["cntnr", "cp", "kept:/tmp/file", "-"])).toContain("text");
        const changes = await ok(alice, ["cntnr", "diff", "kept"]);
        expect(changes.split("\n")).toEqual(
          expect.arrayContaining(["A /etc/new", "A /kept", "A /tmp/file", "A /tmp/mine"]),
        );
        await ok(alice, ["cntnr", "commit", "kept", `kept:${state}`]);
        await ok(alice, ["cntnr", "stop", "-t", "0", "kept"]);
      }
      const owners = "cd /; stat -c %u:%g etc/new tmp/file tmp/mine kept etc";
      const expected = ["0:0", own(), "0:0", own(), "0:0"].join("\n");
      for (const state of ["running", "stopped"]) {
        const ofImage = [`kept:${state}`, "sh", "-c", owners];
        expect(await ok(alice, ["cntnr", "run", "--rm", ...ofImage])).toBe(expected);
        expect(await ok(alice, ["cntnr", "run", "--rm", ...keep, ...ofImage])).toBe(expected);
      }
      await ok(alice, ["cntnr", "start", "kept"]);
      expect(await ok(alice, ["cntnr", "logs", "kept"])).toBe(`${alice.uid}\n${alice.uid}`);
      const joined = await runOk(["--pid", "container:kept"], "id -u; stat -c %u /etc; pidof sleep");
      expect(joined).toBe("0\n0\n1");
      expect(await refusal([...keep, "--pid", "container:kept"])).toContain("the ids that it has");
    } finally {
      await ok(alice, ["cntnr", "rm", "-f", "kept"]);
      await ok(alice, ["cntnr", "rmi", "-f", "kept:running", "kept:stopped"]);
    }
  });

  test("goes with volumes, networks and terminals", async () => {
    const volume = ["-v", "kept-www:/www"];
    expect(await runOk([...keep, ...volume], "stat -c %u:%g /www/index.html; cat /www/index.html")).toBe(
      "0:0\nhello from www",
    );
    await ok(alice, ["cntnr", "volume", "rm", "kept-www"]);
    const address = "ip -4 -o addr show eth0 | grep -o '10.20.0.[0-9]*' | head -1";
    const [inet, named] = (await runOk([...keep, "--network", "lab"], `${address}; hostname -i`)).split("\n");
    expect(inet).toBe(named ?? "");
    const terminal = `script -qec 'cntnr run --rm -ti --userns keep-id ${image} id -u' /dev/null`;
    expect(await ok(alice, ["sh", "-c", terminal])).toContain(String(alice.uid));
    await host.waitForNoResidue();
  });

  test("keeps the image's files once for its ids, until they are collected as garbage", async () => {
    const layers = () => ok(alice, ["sh", "-c", "ls .local/share/cntnr/layers | grep -cv json"]);
    await ok(alice, ["cntnr", "image", "gc"]);
    expect(await layers()).toBe("1");
    await ok(alice, ["cntnr", "create", "--name", "kept", ...keep, image, "cat", "/etc/passwd"]);
    await ok(alice, ["cntnr", "create", "--name", "kept2", ...keep, image]);
    expect(await layers()).toBe("2");
    await ok(alice, ["cntnr", "image", "gc"]);
    expect(await ok(alice, ["cntnr", "start", "-a", "kept"])).toContain("root:x:0:0");
    const named = 's/\\("org.cntnr.named-at": *"\\)20[0-9]*/\\12001/';
    const age = `cd .local/share/cntnr && touch -d '2 days ago' layers/*.json && sed -i '${named}' images/index.json`;
    await ok(alice, ["sh", "-c", age]);
    await ok(alice, ["cntnr", "rm", "kept", "kept2"]);
    const unused = ["cntnr", "image", "gc", "--ttl", "24h", "--dry-run"];
    expect(await ok(alice, unused)).toContain("alpine:3.6");
    expect(await runOk(keep, "id -u")).toBe(String(alice.uid));
    expect(await ok(alice, unused)).not.toContain("alpine:3.6");
    await ok(alice, ["cntnr", "image", "gc"]);
    expect(await layers()).toBe("1");
    expect(await runOk(keep, "id -u")).toBe(String(alice.uid));
  });
});
