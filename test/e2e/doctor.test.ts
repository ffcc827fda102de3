import { afterAll, beforeAll, expect, test } from "bun:test";
import { TestHost } from "../fixtures/test-host.ts";
import { type CommandOptions, checked, type TestUser } from "../fixtures/users.ts";

interface Row {
  readonly Name: string;
  readonly Verdict: "good" | "warning" | "fault";
  readonly Text: string;
  readonly As: "root" | "user" | "";
  readonly Command: string;
}

let host: TestHost;
beforeAll(async () => {
  host = await TestHost.start();
  await host.startNetd();
});
afterAll(() => host[Symbol.asyncDispose]());

async function doctor(user: TestUser, words: readonly string[] = [], options: CommandOptions = {}) {
  const argv = ["cntnr", ...words, "doctor", "--format", "json"];
  const { exitCode, stdout, stderr } = await host.asUser(user, argv, options);
  const rows = stdout.split("\n").flatMap((line): Row[] => (line === "" ? [] : [JSON.parse(line)]));
  const row = (name: string): Row => {
    const found = rows.find(({ Name }) => Name === name);
    if (!found) throw new Error(`no ${name} in ${stdout}${stderr}`);
    return found;
  };
  return { exitCode, rows, row, faults: rows.filter(({ Verdict }) => Verdict === "fault") };
}

async function asRoot(line: string): Promise<string> {
  const argv = ["sh", "-c", line];
  return checked(argv, await host.asRoot(argv)).stdout;
}

test("a user with all that it takes gets 0, and her networks", async () => {
  const { exitCode, row, faults } = await doctor(host.users.alice);
  expect([exitCode, faults]).toEqual([0, []]);
  for (const name of [
    "runc",
    "conmon",
    "skopeo",
    "user namespaces",
    "sub-ids",
    "store",
    "overlay",
    "state",
    "seccomp",
  ])
    expect([name, row(name).Verdict]).toEqual([name, "good"]);
  expect(row("networks")).toMatchObject({
    Verdict: "good",
    Text: expect.stringContaining("lab: 0/8 in use, allow group:cntnr-dev network:lab"),
  });
  const left = await host.asUser(host.users.alice, ["find", ".local/share/cntnr/tmp", "-mindepth", "1"]);
  expect(left.stdout).toBe("");
});

test("people get a line for each, with the command below that mends what is lacking", async () => {
  const { exitCode, stdout } = await host.asUser(host.users.carol, ["cntnr", "doctor"]);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^good {4}runc {14}\/\S+\/runc$/m);
  expect(stdout).toMatch(
    /^warning sub-ids {11}\/etc\/subuid and \/etc\/subgid give you none: .*\n {26}as root: usermod --add-subuids \d+-\d+ --add-subgids \d+-\d+ cntnr-carol$/m,
  );
  const template = "{{if .Command}}{{.Name}}: {{.As}}{{end}}";
  const chosen = await host.asUser(host.users.carol, ["cntnr", "doctor", "--format", template]);
  expect(chosen.stdout).toContain("sub-ids: root\n");
});

test("what known vulnerabilities an installed runc has is said by its version and its package's changelog", async () => {
  const { row } = await doctor(host.users.alice);
  const version = /^runc version (\S+)/.exec(await asRoot("runc --version"))?.[1] ?? "";
  expect(row("runc version").Text).toStartWith(`runc ${version} (package runc `);
  const named = await asRoot("zgrep -o 'CVE-2024-21626' /usr/share/doc/runc/changelog.Debian.gz || true");
  if (version.startsWith("1.1.5") && named !== "") {
    expect(row("runc version").Text).toContain("the package mends CVE-2024-21626");
    expect(row("runc version").Text).not.toContain("CVE-2024-21626:");
  }
});

test("a user whom nobody grants a network, and one without netd, are told", async () => {
  const bob = await doctor(host.users.bob);
  expect([bob.exitCode, bob.row("networks").Text]).toEqual([0, "cntnr-netd runs, and grants you no network"]);
  const env = { CNTNR_NETD_SOCKET: "/run/cntnr-netd/none.sock" };
  const alone = await doctor(host.users.alice, [], { env });
  expect(alone.exitCode).toBe(0);
  expect(alone.row("networks")).toMatchObject({ Verdict: "warning", As: "root" });
  expect(alone.row("networks").Text).toContain("cntnr-netd is not running here");
});

test("programs that are not in PATH are faults; the command that is named mends them", async () => {
  const broken = [
    "sh",
    "-c",
    'program=$(command -v cntnr); PATH=/nowhere; eval "$1"; exec "$program" doctor',
    "sh",
  ];
  const first = await host.asUser(host.users.alice, [...broken, ":"]);
  expect(first.exitCode).toBe(1);
  const commands = [...first.stdout.matchAll(/^fault .* is not in PATH: .*\n {26}do: (.*)$/gm)].map(
    ([, text]) => text,
  );
  expect(commands.length).toBeGreaterThanOrEqual(4);
  const second = await host.asUser(host.users.alice, [...broken, [...new Set(commands)].join("; ")]);
  expect(second.stdout).not.toMatch(/^fault/m);
  expect(second.exitCode).toBe(0);
});

test("where no user namespace can be made, nothing runs, and the sysctl is named", async () => {
  const line =
    "echo 0 >/proc/sys/user/max_user_namespaces; exec cntnr --store-dir /tmp/s --state-dir /tmp/r doctor";
  const inside = [
    "unshare",
    "--user",
    "--map-root-user",
    "--mount",
    "sh",
    "-c",
    `mount -t tmpfs t /tmp; ${line}`,
  ];
  const { exitCode, stdout } = await host.asUser(host.users.alice, inside);
  expect(exitCode).toBe(1);
  expect(stdout).toMatch(
    /^fault {3}user namespaces {3}the administrator has turned them off\n.*user\.max_user_namespaces/m,
  );
});

test("newuidmap without its rights is a fault, and the command that is named mends it", async () => {
  const copy = `${host.directory}/newuidmap`;
  await asRoot(
    `cp /usr/bin/newuidmap ${copy} && chmod 755 ${copy} && mount --bind ${copy} /usr/bin/newuidmap`,
  );
  const broken = await doctor(host.users.alice);
  expect(broken.exitCode).toBe(1);
  expect(broken.row("sub-ids")).toMatchObject({ Verdict: "fault", As: "root" });
  await asRoot(broken.row("sub-ids").Command);
  expect((await doctor(host.users.alice)).row("sub-ids").Verdict).toBe("good");
  await asRoot("umount /usr/bin/newuidmap");
});

test("the sub-ids that are proposed work", async () => {
  const { directory } = host;
  await asRoot(`mkdir -p ${directory}/upper ${directory}/work
mount -t overlay -o lowerdir=/etc,upperdir=${directory}/upper,workdir=${directory}/work overlay /etc`);
  await asRoot((await doctor(host.users.carol)).row("sub-ids").Command);
  expect((await doctor(host.users.carol)).row("sub-ids")).toMatchObject({
    Verdict: "good",
    Text: "65536 users and 65536 groups beside your own",
  });
  await asRoot("umount /etc");
});

test("places that cannot be used are faults", async () => {
  const { alice } = host.users;
  await asRoot(
    `mkdir /run/user/noexec && mount -t tmpfs -o noexec,uid=${alice.uid},mode=700 t /run/user/noexec`,
  );
  const noexec = await doctor(alice, ["--store-dir", "/run/user/noexec/store"]);
  expect(noexec.exitCode).toBe(1);
  expect(noexec.row("store")).toMatchObject({
    Verdict: "fault",
    Command: "mount -o remount,exec /run/user/noexec",
  });
  const { exitCode, row } = await doctor(alice, [], { env: { XDG_RUNTIME_DIR: "/proc/none" } });
  expect([exitCode, row("store").Command]).toEqual([1, "unset XDG_RUNTIME_DIR"]);
});

test("a configuration with a fault in it is one", async () => {
  const { alice } = host.users;
  const write = 'mkdir -p .config/cntnr && echo "[store]\nother = 1" >.config/cntnr/config.ini';
  checked(["sh"], await host.asUser(alice, ["sh", "-c", write]));
  const { exitCode, row } = await doctor(alice);
  expect([exitCode, row("configuration").Verdict]).toEqual([1, "fault"]);
  expect(row("configuration").Text).toContain("config.ini:2: there is no key other");
});
