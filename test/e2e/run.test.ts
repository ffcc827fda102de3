import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { debianPackage } from "../fixtures/debian-package.ts";
import { debianImage, imageReference } from "../fixtures/images.ts";
import { Runs } from "../fixtures/runs.ts";
import type { TestHost } from "../fixtures/test-host.ts";
import { checked, type TestUser } from "../fixtures/users.ts";

let runs: Runs;
let host: TestHost;
let image: string;
let alice: TestUser;
/** Has no sub-ids. */
let carol: TestUser;
beforeAll(async () => {
  runs = await Runs.start();
  ({ host, image, alice, carol } = runs);
});
afterAll(() => runs[Symbol.asyncDispose]());

const ok: Runs["ok"] = (...words) => runs.ok(...words);
const run: Runs["run"] = (...words) => runs.run(...words);
const runOk: Runs["runOk"] = (...words) => runs.runOk(...words);

const bothUsers = [
  ["with sub-ids", () => alice],
  ["without sub-ids", () => carol],
] as const;

describe.each(bothUsers)("a user %s", (_, userOf) => {
  test("sees what the command prints, and its exit code", async () => {
    const user = userOf();
    const result = await host.asUser(user, ["cntnr", "run", "--rm", image, "echo", "hello world"]);
    expect(result).toEqual({ exitCode: 0, stdout: "hello world\n", stderr: "" });
    expect((await run([], "echo out; echo err >&2; exit 3", user)).exitCode).toBe(3);
    expect((await run([], "sh -c 'kill -KILL $$'; exit $?", user)).exitCode).toBe(137);
  });

  test("gets 125 for what cntnr cannot do, 126 and 127 for commands that cannot be run", async () => {
    const exitCodeOf = async (...words: string[]) =>
      (await host.asUser(userOf(), ["cntnr", "run", "--rm", ...words])).exitCode;
    expect(await exitCodeOf("--no-such-flag", image, "true")).toBe(125);
    expect(await exitCodeOf("-u", "nobody-here", image, "true")).toBe(125);
    expect(await exitCodeOf(image, "/etc/passwd")).toBe(126);
    expect(await exitCodeOf(image, "no-such-command")).toBe(127);
  });

  test("is root in the container with docker's capabilities, no new privileges and a filter for system calls", async () => {
    const status = await runOk([], "id -u; grep -E 'Cap|NoNew|Seccomp:' /proc/self/status", userOf());
    expect(status.split("\n")).toEqual([
      "0",
      "CapInh:\t0000000000000000",
      "CapPrm:\t00000000a80425fb",
      "CapEff:\t00000000a80425fb",
      "CapBnd:\t00000000a80425fb",
      "CapAmb:\t0000000000000000",
      "NoNewPrivs:\t1",
      "Seccomp:\t2",
    ]);
    expect((await run([], "unshare -U true", userOf())).stderr).toContain("Operation not permitted");
  });

  test("adds and drops capabilities, and with them what may be called", async () => {
    const effective = (...flags: string[]) =>
      runOk(flags, "grep CapEff /proc/self/status | cut -f2", userOf());
    expect(await effective("--cap-drop", "all")).toBe("0000000000000000");
    expect(await effective("--cap-drop", "ALL", "--cap-add", "net_raw")).toBe("0000000000002000");
    expect(await effective("--cap-drop", "CAP_CHOWN")).toBe("00000000a80425fa");
    expect(await effective("--cap-add", "ALL")).toBe("000001ffffffffff");
    const unshare = await run(["--cap-add", "SYS_ADMIN"], "unshare -m true", userOf());
    expect(unshare.exitCode).toBe(0);
  });

  test("cannot see or change what /proc and /sys tell of the host", async () => {
    const script =
      "wc -c </proc/keys; wc -c </proc/timer_list; ls /proc/acpi /sys/firmware; echo x >/proc/sys/kernel/hostname";
    const { stdout, stderr } = await run(["--network", "none"], script, userOf());
    expect(stdout).toBe("0\n0\n/proc/acpi:\n\n/sys/firmware:\n");
    expect(stderr).toContain("Read-only file system");
    for (const network of ["host", "none"]) {
      const writes = "for i in /sys/fs/cgroup/*/; do mkdir $i/x; done; echo 1 >/sys/kernel/mm/ksm/run";
      const result = await run(["--network", network], `${writes}; find /sys -name x`, userOf());
      expect(result.stdout).toBe("");
    }
  });

  test("has a network of its own with --network none, and the host's without", async () => {
    const user = userOf();
    expect(await runOk(["--network", "none"], "ls /sys/class/net", user)).toBe("lo");
    const host = await ok(user, ["readlink", "/proc/self/ns/net"]);
    expect(await runOk([], "readlink /proc/self/ns/net", user)).toBe(host);
    const script =
      "cat /proc/sys/net/ipv4/ip_unprivileged_port_start; ping -c1 127.0.0.1 >/dev/null && echo pong";
    expect(await runOk(["--network", "none"], script, user)).toBe("0\npong");
  });

  test("mounts directories and files, read-only or not, and empty file systems", async () => {
    const user = userOf();
    await ok(user, ["sh", "-c", "mkdir -p ~/shared && echo from outside >~/shared/file"]);
    const script = "cat /in/file && echo from inside >/in/new && echo no >/ro/new";
    const flags = ["-v", "./shared:/in", "--mount", "type=bind,src=./shared,dst=/ro,readonly"];
    const result = await run(flags, script, user);
    expect(result.stdout).toBe("from outside\n");
    expect(result.stderr).toContain("Read-only file system");
    expect(await ok(user, ["cat", "shared/new"])).toBe("from inside");
    expect(await runOk(["-v", "./shared/file:/etc/motd:ro"], "cat /etc/motd", user)).toBe("from outside");
    const tmpfs = await runOk(
      ["--tmpfs", "/scratch:size=1m"],
      "grep ' /scratch ' /proc/mounts; ls /scratch",
      user,
    );
    expect(tmpfs).toMatch(/^tmpfs \/scratch tmpfs rw,nosuid,nodev,noexec,.*size=1024k/);
    expect(await runOk(["--tmpfs", "/scratch:exec"], "grep ' /scratch ' /proc/mounts", user)).not.toContain(
      "noexec",
    );
  });

  test("cannot write to a read-only root, but to what is mounted in it", async () => {
    const script = "echo x >/tmp/x || echo x >/scratch/x && cat /scratch/x /etc/hostname";
    const flags = ["--read-only", "--tmpfs", "/scratch", "--hostname", "box"];
    const result = await run(flags, script, userOf());
    expect(result.stdout).toBe("x\nbox\n");
    expect(result.stderr).toContain("Read-only file system");
  });

  test("reads on standard input what is piped in, with -i alone", async () => {
    const input = "a line\n".repeat(100_000);
    const piped = await run(["-i"], "wc -l", userOf(), { input });
    expect(piped.stdout.trim()).toBe("100000");
    expect((await run([], "wc -l", userOf(), { input })).stdout.trim()).toBe("0");
  });

  test("loses nothing of 50 MB that are printed", async () => {
    const script = `cntnr run --rm ${image} sh -c 'yes 0123456789abcdef | head -c 50000000' | md5sum`;
    const expected = await ok(userOf(), ["sh", "-c", "yes 0123456789abcdef | head -c 50000000 | md5sum"]);
    expect(await ok(userOf(), ["sh", "-c", script])).toBe(expected);
  });

  test("installs Debian packages that make users, owners, set-user-id files and fifos", async () => {
    const user = userOf();
    const debian = imageReference(await debianImage());
    await debianPackage(host.directory);
    const script = `apt-get install -y /packages/probe.deb && stat -c '%A %U' /usr/share/probe/tool && id -un probe &&
      ls -l /usr/share/probe/fifo | cut -c1`;
    const argv = [
      "cntnr",
      "run",
      "--rm",
      "-v",
      `${host.directory}/packages:/packages:ro`,
      debian,
      "sh",
      "-c",
      script,
    ];
    const lines = (await ok(user, argv, { timeoutMs: 150_000 })).split("\n");
    expect(lines.slice(-3)).toEqual([`-rwsr-xr-x ${user === alice ? "probe" : "root"}`, "probe", "p"]);
  });
});

describe("the process", () => {
  test("has the image's environment, ours, and what flags and files say, of which the last counts", async () => {
    await ok(alice, ["sh", "-c", "printf '# c\\nFROM_FILE=1\\nBOTH=file\\nOURS\\n' >vars"]);
    const flags = ["--env-file", "vars", "-e", "BOTH=flag", "-e", "OURS_TOO", "-e", "NOT_THERE"];
    const result = await run([...flags, "--hostname", "box"], "env | sort", alice, {
      env: { OURS: "a b", OURS_TOO: "c=d" },
    });
    const inherited = ["HOME=/root", "HOSTNAME=box"];
    expect(result.stdout.split("\n")).toEqual(
      expect.arrayContaining(["BOTH=flag", "FROM_FILE=1", "OURS=a b", "OURS_TOO=c=d", ...inherited]),
    );
    expect(result.stdout).toMatch(/^PATH=\/usr\/local\/sbin:/m);
    expect(result.stdout).not.toMatch(/NOT_THERE|XDG_|USER=/);
  });

  test.each([
    [[], "uid=0(root) gid=0(root)"],
    [["-u", "user"], "uid=1000(user) gid=1000(user)"],
    [["-u", "1000"], "uid=1000(user) gid=1000(user)"],
    [["-u", "user:extra"], "uid=1000(user) gid=1001(extra)"],
    [["-u", "1000:7"], "uid=1000(user) gid=7"],
    [["-u", "1234"], "uid=1234 gid=0(root)"],
    [["-u", ":extra"], "uid=0(root) gid=1001(extra)"],
  ])("with %p is `%s`", async (flags, expected) => {
    expect((await runOk(flags, "id")).split(" groups=")[0]).toBe(expected);
  });

  test("has the home of its user, and no capability when that is not root", async () => {
    const script = "echo $HOME; grep CapEff /proc/self/status | cut -f2; echo x >/root/x";
    const result = await run(["-u", "user"], script);
    expect(result.stdout).toBe("/home\n0000000000000000\n");
    expect(result.exitCode).not.toBe(0);
  });

  test("runs as root with a remark when the image wants a user that cannot be had without sub-ids", async () => {
    const asUser = await runs.imageWith("as-user", () => undefined, { User: "user" });
    const { stdout, stderr } = await host.asUser(carol, ["cntnr", "run", "--rm", asUser, "id", "-u"]);
    expect(stdout).toBe("0\n");
    expect(stderr).toMatch(
      /^cntnr: the image's user "user" is not what it runs as, but root: you have no sub-ids/,
    );
    const asked = await run(["-u", "user"], "id", carol);
    expect(asked).toMatchObject({ exitCode: 125, stdout: "" });
    expect(asked.stderr).toContain("you have no sub-ids");
  });

  test("works in the directory that is asked for, which is made if it is missing", async () => {
    expect(await runOk([], "pwd")).toBe("/");
    expect(await runOk(["-w", "/made/for//../this/"], "pwd")).toBe("/made/this");
    const { exitCode, stderr } = await run(["-w", "/proc/self/fd/7"], "pwd");
    expect([exitCode, stderr]).toEqual([
      125,
      "cntnr: the working directory /proc/self/fd/7 is in /proc: refused\n",
    ]);
  });

  test("comes from entrypoint and command as docker combines them", async () => {
    const echoing = await runs.imageWith("echoing", () => undefined, {
      Entrypoint: ["echo", "entry"],
      Cmd: ["cmd"],
    });
    const printed = (...words: string[]) => ok(alice, ["cntnr", "run", "--rm", ...words]);
    expect(await printed(echoing)).toBe("entry cmd");
    expect(await printed(echoing, "arg")).toBe("entry arg");
    expect(await printed("--entrypoint", "/bin/echo", echoing, "own")).toBe("own");
    expect(await printed("--entrypoint", "/bin/echo", echoing)).toBe("");
    expect(await printed("--entrypoint", "", echoing, "echo", "bare")).toBe("bare");
    const nothing = await host.asUser(alice, ["cntnr", "run", "--rm", "--entrypoint", "", echoing]);
    expect([nothing.exitCode, nothing.stderr]).toEqual([125, expect.stringContaining("no command")]);
  });

  test("has no descriptor of ours but the three (B2)", async () => {
    const { stdout } = await run([], "ls /proc/1/fd; true");
    expect(stdout.trim().split("\n")).toEqual(["0", "1", "2"]);
  });
});

describe("names", () => {
  test("are the host's on the host's network, and the container's own elsewhere", async () => {
    const script = "hostname; cat /etc/hostname; cat /etc/hosts";
    expect(await runOk([], script)).toBe(
      `${hostname()}\n${hostname()}\n${readFileSync("/etc/hosts", "utf8").replace(/\n$/, "")}`,
    );
    const own = (await runOk(["--network", "none"], script)).split("\n");
    const [name = ""] = own;
    expect(name).toMatch(/^[0-9a-f]{12}$/);
    expect(own).toEqual([name, name, "127.0.0.1\tlocalhost", ...own.slice(3, -1), `127.0.0.1\t${name}`]);
    expect(await runOk(["--hostname", "box.example"], "hostname")).toBe("box.example");
  });

  test("can be written by the container, and are gone with it", async () => {
    const before = readFileSync("/etc/hosts", "utf8");
    expect(await runOk([], "echo 192.0.2.1 mine >>/etc/hosts && tail -1 /etc/hosts")).toBe("192.0.2.1 mine");
    expect(readFileSync("/etc/hosts", "utf8")).toBe(before);
  });
});

describe("what is bound into a container", () => {
  test("keeps the restrictions that its mount has outside", async () => {
    const directory = join(host.directory, "restricted");
    const mount = `mkdir ${directory} && mount -t tmpfs -o nosuid,nodev,noexec,mode=777 restricted ${directory}`;
    checked([mount], await host.asRoot(["sh", "-c", mount]));
    const script = "grep ' /in ' /proc/mounts | cut -d' ' -f4; touch /in/x";
    const { stdout, stderr } = await run(["-v", `${directory}:/in:ro`], script);
    expect(stdout).toMatch(/^ro,nosuid,nodev,noexec,/);
    expect(stderr).toContain("Read-only file system");
  });

  test("may be the host's /dev, as a whole", async () => {
    expect(
      await runOk(["-v", "/dev:/dev"], "ls -l /dev/null | cut -c1; test -e /dev/mqueue || echo none"),
    ).toBe("c\nnone");
  });

  test("is never netd's socket, neither by itself nor in a directory (P8)", async () => {
    const make = "mkdir -p /run/cntnr-netd && touch /run/cntnr-netd/netd.sock";
    checked([make], await host.asRoot(["sh", "-c", make]));
    for (const source of ["/run/cntnr-netd", "/run/cntnr-netd/netd.sock", "/var/run/../run/cntnr-netd"]) {
      const { exitCode, stderr } = await run(["-v", `${source}:/in`], "true");
      expect([exitCode, stderr]).toEqual([125, expect.stringContaining("may not be in a container")]);
    }
    const script = "ls /host/cntnr-netd; touch /host/cntnr-netd/x; ls -d /host/user";
    const { stdout, stderr } = await run(["-v", "/run:/host"], script);
    expect(stdout).toBe("/host/user\n");
    expect(stderr).toContain("Read-only file system");
  });
});

describe("whatever surrounds it", () => {
  test("without PATH, HOME and the rest it runs, and leaves nothing where it stands", async () => {
    const cntnr = join(host.directory, "bin/cntnr");
    const script = `mkdir -p bare && cd bare && env -i HOME= XDG_RUNTIME_DIR=/run/user/${alice.uid} ${cntnr} run --rm ${image} echo ok && ls`;
    expect(await ok(alice, ["sh", "-c", script])).toBe("ok");
  });

  test("in the C locale a detached container may have a store with any letters in its path", async () => {
    const script = `LC_ALL=C cntnr --store-dir "$HOME/Fässer ☃" run -d --name one ${image} echo ok && cntnr --store-dir "$HOME/Fässer ☃" wait one`;
    expect(await ok(alice, ["sh", "-c", script])).toEndWith("\n0");
  });

  test("on a full disk nothing of a container is left that could not be made", async () => {
    const store = join(host.directory, "full");
    const mount = `mkdir ${store} && mount -t tmpfs -o size=3m,uid=${alice.uid},mode=700 none ${store}`;
    await checked([mount], await host.asRoot(["sh", "-c", mount]));
    const script = `cntnr --store-dir ${store}/s image pull -q ${image} >/dev/null; cat /dev/zero >${store}/fill
      cntnr --store-dir ${store}/s run ${image} true; echo $?; ls ${store}/s/containers`;
    const { stdout } = await host.asUser(alice, ["sh", "-c", script]);
    expect(stdout).toMatch(/^125\n(names\n)?$/);
  });
});
