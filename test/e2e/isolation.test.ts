import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { Runs } from "../fixtures/runs.ts";
import type { TestHost } from "../fixtures/test-host.ts";
import type { TestUser } from "../fixtures/users.ts";

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
const refusal: Runs["refusal"] = (...words) => runs.refusal(...words);

describe("namespaces of the host", () => {
  test("are those of who shares them with a container that has them", async () => {
    for (const type of ["pid", "ipc", "uts"]) {
      const start = ["cntnr", "run", "-d", "--name", "hosts", `--${type}`, "host", image, "sleep", "1000"];
      await ok(alice, start);
      try {
        const own = await ok(alice, ["readlink", `/proc/self/ns/${type}`]);
        expect(await runOk([`--${type}`, "container:hosts"], `readlink /proc/self/ns/${type}`)).toBe(own);
      } finally {
        await ok(alice, ["cntnr", "rm", "-f", "hosts"]);
      }
    }
  });

  test("--pid host shows the host's processes, which stay out of reach", async () => {
    const script =
      "readlink /proc/self/ns/pid; kill -0 1 || echo cannot; cat /proc/1/environ || echo neither";
    const pidNamespace = await ok(alice, ["readlink", "/proc/self/ns/pid"]);
    expect((await runOk(["--pid", "host"], script)).split("\n")).toEqual([pidNamespace, "cannot", "neither"]);
    expect(await runOk([], "echo $$")).toBe("1");
  });

  test("--ipc, --uts and --cgroupns host are the host's, in name and content", async () => {
    const script = "for kind in ipc uts cgroup; do readlink /proc/self/ns/$kind; done";
    const own = await ok(alice, ["sh", "-c", script]);
    expect(await runOk(["--ipc", "host", "--uts", "host", "--cgroupns", "host"], script)).toBe(own);
    const shared = join("/dev/shm", `cntnr-${process.pid}`);
    try {
      await ok(alice, ["touch", shared]);
      expect(await runOk(["--ipc", "host"], `ls ${shared}`)).toBe(shared);
    } finally {
      await ok(alice, ["rm", shared]);
    }
    expect(await runOk(["--uts", "host", "--network", "none"], "hostname")).toBe(hostname());
    expect(await refusal(["--uts", "host", "--hostname", "box"])).toContain(
      "UTS namespace of the container's own",
    );
  });
});

describe("what is left in the host's process namespace when a container's first process ends", () => {
  const left = (seconds: number) =>
    host.asUser(alice, ["pgrep", "-f", `^sleep ${seconds}$`]).then(({ exitCode }) => exitCode === 0);

  test("is ended with it in the foreground, also when it has output open", async () => {
    const script = "sleep 100771 & (cd / && exec setsid sleep 100772) & echo ran; exit 5";
    for (const flags of [["--rm"], ["--name", "front"]]) {
      const run = ["cntnr", "run", "--pid", "host", ...flags, image, "sh", "-c", script];
      expect(await host.asUser(alice, run)).toMatchObject({ exitCode: 5, stdout: "ran\n" });
      expect([await left(100771), await left(100772)]).toEqual([false, false]);
    }
    await ok(alice, ["cntnr", "rm", "front"]);
  });

  test("is ended by stop, rm -f and its own end, and nothing of anybody else's", async () => {
    const script = "sleep 100773 & exec sleep 100774";
    const start = (name: string, ...flags: string[]) =>
      ok(alice, ["cntnr", "run", "-d", "--name", name, ...flags, image, "sh", "-c", script]);
    await start("other", "--pid", "host");
    try {
      await start("first");
      for (const pid of ["host", "container:first"]) {
        await start("second", "--pid", pid);
        await ok(alice, ["cntnr", "exec", "-d", "second", "sleep", "100775"]);
        await ok(alice, ["cntnr", "stop", "-t", "0", "second"]);
        expect(await left(100775)).toBe(false);
        await ok(alice, ["cntnr", "start", "second"]);
        await ok(alice, ["cntnr", "rm", "-f", "second"]);
      }
      await ok(alice, ["cntnr", "rm", "-f", "first"]);
      expect((await ok(alice, ["pgrep", "-fc", "^sleep 10077[34]$"])).trim()).toBe("2");
    } finally {
      await ok(alice, ["cntnr", "rm", "-f", "other", "first", "second"]);
    }
    expect(await left(100773)).toBe(false);
  });
});

test("the network of a container on the host's is the host's", async () => {
  await ok(alice, ["cntnr", "run", "-d", "--name", "first", image, "sleep", "1000"]);
  try {
    const network = await ok(alice, ["readlink", "/proc/self/ns/net"]);
    for (const flags of [[], ["--pid", "container:first"]])
      expect(await runOk(["--network", "container:first", ...flags], "readlink /proc/self/ns/net")).toBe(
        network,
      );
  } finally {
    await ok(alice, ["cntnr", "rm", "-f", "first"]);
  }
});

test("a container shares namespaces, network files and ids with another", async () => {
  await ok(alice, ["cntnr", "run", "-d", "--name", "first", "--network", "none", image, "sleep", "1000"]);
  try {
    const kinds = ["user", "pid", "net", "ipc", "uts"];
    const script = kinds.map((kind) => `readlink /proc/self/ns/${kind}`).join("; ");
    const pid = await ok(alice, ["cntnr", "inspect", "--format", "{{.State.Pid}}", "first"]);
    const ofFirst = await ok(alice, [
      "sh",
      "-c",
      kinds.map((kind) => `readlink /proc/${pid}/ns/${kind}`).join("; "),
    ]);
    const flags = ["--pid", "--ipc", "--uts", "--network"].flatMap((flag) => [flag, "container:first"]);
    expect(await runOk(flags, script)).toBe(ofFirst);
    const ofItsOwn = (await runOk(["--network", "container:first"], script)).split("\n");
    expect(ofItsOwn.filter((line) => ofFirst.includes(line)).map((line) => line.split(":")[0])).toEqual([
      "user",
      "net",
    ]);
    const names = await runOk(["--network", "container:first"], "hostname; grep -c $(hostname) /etc/hosts");
    expect(names).toMatch(/^[0-9a-f]{12}\n1$/);
    expect(await refusal(["--pid", "container:first", "--ipc", "container:second"])).toContain(
      "several user namespaces",
    );
    await ok(alice, [
      "cntnr",
      "create",
      "--name",
      "second",
      "--pid",
      "container:first",
      image,
      "pidof",
      "sleep",
    ]);
    await ok(alice, ["cntnr", "restart", "-t", "0", "first"]);
    expect(await ok(alice, ["cntnr", "start", "-a", "second"])).toBe("1");
  } finally {
    await ok(alice, ["cntnr", "rm", "-f", "first", "second"]);
  }
  expect(await refusal(["--pid", "container:first"])).toContain("No such container: first");
});

test("a container that is shareable shares its memory with those that join it, and it is gone with it", async () => {
  const first = ["cntnr", "run", "-d", "--name", "first", "--ipc", "shareable", image, "sleep", "1000"];
  await ok(alice, first);
  try {
    const write = "echo shared >/dev/shm/file && stat -c %a /dev/shm";
    expect(await ok(alice, ["cntnr", "exec", "-u", "user", "first", "sh", "-c", write])).toBe("1777");
    expect(await runOk(["--ipc", "container:first"], "cat /dev/shm/file")).toBe("shared");
    expect(await runOk([], "ls /dev/shm")).toBe("");
    expect(await ok(alice, ["sh", "-c", "ls -d /dev/shm/cntnr-*"])).toContain("/dev/shm/cntnr-");
    await ok(alice, ["cntnr", "restart", "-t", "0", "first"]);
    await ok(alice, ["cntnr", "run", "-d", "--name", "private", image, "sleep", "1000"]);
    const joined = await run(["--ipc", "container:private"], "ls /dev/shm");
    expect(joined).toMatchObject({ exitCode: 0, stdout: "" });
    expect(joined.stderr).toBe(
      "cntnr: /dev/shm is not that of private: only a container with --ipc shareable shares it\n",
    );
  } finally {
    await ok(alice, ["cntnr", "rm", "-f", "first", "private"]);
  }
  expect((await host.asUser(alice, ["sh", "-c", "ls -d /dev/shm/cntnr-*"])).stdout).toBe("");
});

describe("restrictions", () => {
  test("--privileged lifts what cntnr restricts, for both kinds of users", async () => {
    const script = `grep -E 'CapEff|NoNew|Seccomp:' /proc/self/status | cut -f2
      mount -t tmpfs none /tmp && mount -t tmpfs none /mnt 2>/dev/null || echo mounted; unshare -m true && echo unshared`;
    expect((await runOk(["--privileged"], script, alice)).split("\n")).toEqual([
      "000001ffffffffff",
      "0",
      "0",
      "mounted",
      "unshared",
    ]);
    // Without sub-ids a filter stays, which makes up the success of chown.
    const ofCarol = await runOk(["--privileged"], `${script}; chown 5:5 /www && echo owned`, carol);
    expect(ofCarol.split("\n")).toEqual(["000001ffffffffff", "0", "2", "mounted", "unshared", "owned"]);
  });

  test("--security-opt changes one at a time", async () => {
    const status = "grep -E 'NoNew|Seccomp:' /proc/self/status | cut -f2";
    expect(await runOk(["--security-opt", "no-new-privileges=false"], status)).toBe("0\n2");
    expect(await runOk(["--security-opt", "seccomp=unconfined"], status)).toBe("1\n0");
    const visible = "ls /sys/firmware | wc -l; ls /www; wc -c </etc/passwd";
    const flags = ["--network", "none", "--security-opt", "mask=/www:/etc/passwd", "--security-opt"];
    expect((await runOk([...flags, "unmask=/proc/acpi"], visible)).split("\n")).toEqual(["0", "0"]);
    expect((await runOk([...flags, "unmask=ALL"], visible)).split("\n")[0]).not.toBe("0");
  });

  test("a seccomp profile of one's own decides, in docker's format", async () => {
    const profile = {
      defaultAction: "SCMP_ACT_ALLOW",
      archMap: [{ architecture: "SCMP_ARCH_X86_64", subArchitectures: ["SCMP_ARCH_X86"] }],
      syscalls: [
        { names: ["mkdir", "mkdirat"], action: "SCMP_ACT_ERRNO", errnoRet: 95 },
        { names: ["rmdir"], action: "SCMP_ACT_ERRNO", includes: { caps: ["CAP_SYS_ADMIN"] } },
      ],
    };
    writeFileSync(join(host.directory, "profile.json"), JSON.stringify(profile));
    const flags = ["--security-opt", `seccomp=${host.directory}/profile.json`];
    const { stderr } = await run(flags, "mkdir /x; rmdir /tmp && echo removed");
    expect(stderr).toBe("mkdir: can't create directory '/x': Operation not supported\n");
    expect((await run([...flags, "--cap-add", "SYS_ADMIN"], "rmdir /tmp")).stderr).toContain("not permitted");
    expect(
      await runOk(["--seccomp", join(host.directory, "profile.json")], "mkdir /x 2>&1 || true"),
    ).toContain("not supported");
    expect(await refusal(["--seccomp", "/none.json"])).toContain("/none.json");
  });

  test("a device of the host is the host's, with the rights that the user has there", async () => {
    const script = "head -c 4 /dev/dice | wc -c; echo x >/dev/dice; ls -l /dev/fuse | cut -c1";
    const { stdout } = await run(["--device", "/dev/urandom:/dev/dice", "--device", "/dev/fuse"], script);
    expect(stdout).toBe("4\nc\n");
    expect(await refusal(["--device", "/dev/none"])).toContain("does not exist");
  });

  test("/sys/fs/cgroup is read-only, writable or not there", async () => {
    const mounts =
      "grep ' /sys/fs/cgroup/pids ' /proc/mounts | tail -1 | cut -d' ' -f4 | cut -d, -f1; ls /sys/fs/cgroup";
    const first = async (...flags: string[]) =>
      (await runOk([...flags, "--network", "none"], mounts)).split("\n")[0];
    expect(await first()).toBe("ro");
    expect(await first("--mount-cgroups", "rw")).toBe("rw");
    for (const network of ["none", "host"])
      expect(await runOk(["--mount-cgroups", "no", "--network", network], "ls /sys/fs/cgroup")).toBe("");
  });
});

describe("limits", () => {
  test("of the process, of /dev/shm and of the kernel are as asked", async () => {
    const flags = [
      "--ulimit",
      "nofile=100:200",
      "--ulimit",
      "core=-1",
      "--oom-score-adj",
      "300",
      "--shm-size",
      "1m",
    ];
    const script = `ulimit -n; ulimit -Hn; ulimit -c; cat /proc/self/oom_score_adj; df -k /dev/shm | tail -1 | tr -s ' ' | cut -d' ' -f2
      cat /proc/sys/kernel/msgmax /proc/sys/net/ipv4/ip_forward`;
    const sysctls = [
      "--network",
      "none",
      "--sysctl",
      "kernel.msgmax=9000",
      "--sysctl",
      "net.ipv4.ip_forward=1",
    ];
    expect((await runOk([...flags, ...sysctls], script)).split("\n")).toEqual([
      "100",
      "200",
      "unlimited",
      "300",
      "1024",
      "9000",
      "1",
    ]);
  });

  test("that only root may set are refused before anything runs", async () => {
    expect(await refusal(["--ulimit", "nofile=1:999999999"])).toContain("your own hard limit is");
    expect(await refusal(["--oom-score-adj", "-5"])).toContain("only root may go below 0");
    expect(await refusal(["--sysctl", "vm.swappiness=1"])).toContain("the whole machine's");
    expect(await refusal(["--sysctl", "net.ipv4.ip_forward=1"])).toContain("shares its network");
  });
});

test("limits that take a cgroup are refused where the user has none, rather than not holding", async () => {
  for (const flags of [
    ["--memory", "64m"],
    ["--cpus", "0.5"],
    ["--pids-limit", "10"],
    ["--cpuset-cpus", "0"],
  ])
    expect(await refusal(flags)).toMatch(
      /^cntnr: limits need the cgroup controllers \w+, and .*; `cntnr doctor` names the command that mends it/,
    );
  expect(await ok(alice, ["cntnr", "ps", "-aq"])).toBe("");
  expect(await refusal(["--memory", "1m"])).toContain("less than 6m");
});

test("names, servers and domains are as asked", async () => {
  const flags = [
    "--add-host",
    "db:192.0.2.1",
    "--add-host",
    "me:host-gateway",
    "--hosts-entry",
    "192.0.2.2 a b",
  ];
  const hosts = await runOk(flags, "tail -4 /etc/hosts");
  expect(hosts).toBe("192.0.2.1\tdb\n127.0.0.1\tme\n192.0.2.2\ta\n192.0.2.2\tb");
  const servers = ["--dns", "192.0.2.53", "--dns-search", "example.org", "--dns-option", "ndots:2"];
  expect(await runOk(servers, "grep -v '^#' /etc/resolv.conf")).toBe(
    "search example.org\nnameserver 192.0.2.53\noptions ndots:2",
  );
  expect(await runOk(["--hostname", "box", "--domainname", "example.org"], "hostname; hostname -f")).toBe(
    "box\nbox.example.org",
  );
});

test("--init makes a first process that reaps and passes signals on", async () => {
  const script =
    "cat /proc/1/comm; sh -c 'sleep 0.1 &'; while pidof sleep >/dev/null; do :; done; cat /proc/[0-9]*/stat | grep -c ' Z '; true";
  expect(await runOk(["--init"], script)).toBe("cntnr-init\n0");
  const exitCode = await host.asUser(alice, [
    "cntnr",
    "run",
    "--rm",
    "--init",
    image,
    "sh",
    "-c",
    "kill -TERM $$",
  ]);
  expect(exitCode.exitCode).toBe(143);
});

test("the runtime is told what it needs in odd places, in the foreground and behind", async () => {
  const flags = ["--no-pivot", "--no-new-keyring"];
  const keyring = "grep -c ^ /proc/keys; readlink /proc/self/ns/mnt >/dev/null && echo ran";
  expect(await runOk([...flags, "--security-opt", "unmask=ALL"], keyring)).toContain("ran");
  await ok(alice, ["cntnr", "run", "-d", "--name", "behind", ...flags, image, "echo", "ran"]);
  expect(await ok(alice, ["cntnr", "wait", "behind"])).toBe("0");
  expect(await ok(alice, ["cntnr", "logs", "behind"])).toBe("ran");
  await ok(alice, ["cntnr", "rm", "behind"]);
});

test("a platform that the image is not for is refused, its own is not", async () => {
  const own = process.arch === "x64" ? "amd64" : process.arch;
  expect(await runOk(["--platform", `linux/${own}`], "echo ran")).toBe("ran");
  expect(await refusal(["--platform", "linux/s390x"])).toContain("not for linux/s390x");
  expect(await refusal(["--pull", "never", "--platform", "linux/s390x"])).toContain(`for ${own} only`);
  expect(await refusal(["--platform", "s390x"])).toContain("is not a platform");
});

test("labels come from files, too", async () => {
  await ok(alice, ["sh", "-c", "printf '# c\\na=file\\nb=file\\n' >labels"]);
  await ok(alice, ["cntnr", "create", "--name", "labelled", "--label-file", "labels", "-l", "b=flag", image]);
  const labels = await ok(alice, ["cntnr", "inspect", "--format", "{{json .Config.Labels}}", "labelled"]);
  expect(JSON.parse(labels)).toEqual({ a: "file", b: "flag" });
  await ok(alice, ["cntnr", "rm", "labelled"]);
});

test("what is there twice in docker's and in older spellings means the same", async () => {
  expect((await run(["--readonly"], "touch /x")).stderr).toContain("Read-only file system");
  const annotated = ["cntnr", "run", "--name", "annotated", "--annotation", "org.example=a b", image, "true"];
  await ok(alice, annotated);
  const containers = `${alice.home}/.local/share/cntnr/containers`;
  const config = await ok(alice, [
    "sh",
    "-c",
    `cat ${containers}/$(readlink ${containers}/names/annotated)/config.json`,
  ]);
  expect(JSON.parse(config).annotations).toEqual({ "org.example": "a b" });
  await ok(alice, ["cntnr", "rm", "annotated"]);
});
