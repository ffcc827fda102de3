import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { makeContext } from "../../fixtures/build-context.ts";
import { ImageBuilds } from "../../fixtures/image-builds.ts";
import type { TestHost } from "../../fixtures/test-host.ts";
import { checked, type TestUser } from "../../fixtures/users.ts";
import { waitFor } from "../../fixtures/wait-for.ts";

/*
 * Keys and agents for builds. What asks the agent in a container is the host's own ssh-add, mounted with its libraries.
 */

let builds: ImageBuilds;
let host: TestHost;
let alice: TestUser;
beforeAll(async () => {
  builds = await ImageBuilds.start();
  ({ host, alice } = builds);
  await shell(
    `mkdir -p -m 700 .ssh && ssh-keygen -q -t ed25519 -N '' -C first -f first && ssh-keygen -q -t rsa -N '' -C second -f second
     ssh-keygen -q -t ed25519 -N secret -f locked && chmod 644 second && cat first.pub >.ssh/authorized_keys`,
  );
}, 120_000);
afterAll(() => builds[Symbol.asyncDispose]());

async function shell(script: string, env: Record<string, string> = {}): Promise<string> {
  const argv = ["sh", "-c", `set -e\n${script}`];
  return checked(argv, await host.asUser(alice, argv, { env })).stdout;
}

/** A context with ssh-add and all that it is linked with, and the lines of a Dockerfile that put it in place. */
async function sshAdd(): Promise<{ context: string; copy: string }> {
  const context = await makeContext(host, alice, { x: "" });
  await shell(`mkdir -p ${context}/root/bin && cp /usr/bin/ssh-add ${context}/root/bin
    ldd /usr/bin/ssh-add | grep -o '/[^ ]*' | while read -r file; do
      mkdir -p ${context}/root$(dirname $file) && cp -L $file ${context}/root$file
    done`);
  return { context, copy: "FROM BASE\nCOPY --from=tools root/ /\n" };
}

async function agents(): Promise<string[]> {
  const { stdout } = await host.asUser(alice, ["pgrep", "-u", String(alice.uid), "-x", "ssh-agent"]);
  return stdout.split("\n").filter((pid) => pid !== "");
}

async function noAgents(): Promise<void> {
  await waitFor(async () => (await agents()).length === 0, { what: "the agents' end" });
}

describe("--ssh", () => {
  test("gives keys to an agent that ends with the build, and its socket to whom the mount says", async () => {
    const { context, copy } = await sshAdd();
    const tools = ["--build-context", `tools=${context}`];
    const keys = [
      "--ssh",
      `default=${alice.home}/first,${alice.home}/second`,
      "--ssh",
      `other=${alice.home}/first`,
    ];
    await builds.built(
      `${copy}RUN --mount=type=ssh ssh-add -l | cut -d' ' -f3- >/keys && echo $SSH_AUTH_SOCK >>/keys && stat -c '%a %u' $SSH_AUTH_SOCK >>/keys
USER 1000:1000
RUN --mount=type=ssh,id=other,uid=1000,gid=1000,mode=0660,target=/tmp/agent ssh-add -l | cut -d' ' -f3- >/tmp/keys && stat -c '%a %u %g' /tmp/agent >>/tmp/keys
`,
      { args: [...tools, ...keys] },
    );
    expect(await builds.run("cat /keys /tmp/keys")).toBe(
      "first (ED25519)\nsecond (RSA)\n/run/buildkit/ssh_agent.0\n600 0\nfirst (ED25519)\n660 1000 1000\n",
    );
    expect(builds.leftovers()).toEqual([]);
    await noAgents();
  });

  test("lets a command list and sign, and not change the agent of the user", async () => {
    const { context, copy } = await sshAdd();
    const socket = join(alice.home, "agent");
    const agent = host.spawnAsUser(alice, ["ssh-agent", "-D", "-a", socket]);
    await waitFor(async () => (await host.asUser(alice, ["test", "-S", socket])).exitCode === 0, {
      what: "an agent",
    });
    await shell("ssh-add -q first", { SSH_AUTH_SOCK: socket });
    const dockerfile = `${copy}RUN --mount=type=ssh,required=true ssh-add -T /first.pub && { ssh-add -D; ssh-add -x </dev/null; ssh-add -q /first; ssh-add -l; } >/log 2>&1; true\n`;
    const files = `cp first first.pub ${context}/root && chmod 600 ${context}/root/first`;
    await shell(files);
    const args = ["--build-context", `tools=${context}`, "--ssh", "default"];
    await builds.built(dockerfile, { args, env: { SSH_AUTH_SOCK: socket } });
    const log = await builds.run("cat /log");
    expect(log).toContain("Failed to remove all identities");
    expect(log).toContain("Could not add identity");
    expect(log).toContain("first (ED25519)");
    expect(await shell("ssh-add -l", { SSH_AUTH_SOCK: socket })).toContain("first (ED25519)");
    process.kill(agent.pid, "SIGTERM");
    await agent.exited;
  });

  test("ends its agent also when the build is killed", async () => {
    const context = await makeContext(host, alice, {
      Dockerfile: `FROM ${builds.base}\nRUN --mount=type=ssh echo up; sleep 1000\n`,
    });
    const argv = ["cntnr", "build", "--progress", "plain", "--ssh", `default=${alice.home}/first`, context];
    const running = host.spawnAsUser(alice, argv);
    await running.waitForOutput(/^#1 up$/m);
    expect(await agents()).toHaveLength(1);
    process.kill(running.pid, "SIGKILL");
    await running.exited;
    await noAgents();
    await builds.built("FROM BASE\n");
    expect(builds.leftovers()).toEqual([]);
  });

  test("says what is wrong with what it is given, and what is missing", async () => {
    const dockerfile = "FROM BASE\nRUN --mount=type=ssh,required=true,id=x true\n";
    const because = async (...args: string[]) => (await builds.build(dockerfile, { args })).stderr;
    expect(await because()).toContain("an SSH agent is required: give one by --ssh x");
    expect(await because("--ssh", "default")).toContain("no agent is running");
    expect(await because("--ssh", "x=/nonexistent")).toContain("--ssh x: /nonexistent cannot be read");
    expect(await because("--ssh", "x=/etc/passwd")).toContain("/etc/passwd is no private key");
    expect(await because("--ssh", `x=${alice.home}/locked`)).toContain(
      "locked is no private key without a passphrase",
    );
    await noAgents();
  });
});

describe("a Git repository by ssh", () => {
  const port = 2222;
  let repository: string;
  beforeAll(async () => {
    const context = await makeContext(host, alice, { "doc/readme": "by ssh", Dockerfile: "FROM BASE\n" });
    await shell(`dropbearkey -t ed25519 -f hostkey >/dev/null 2>&1
      sed -i 's,BASE,${builds.base},; $aCOPY doc/readme /readme' ${context}/Dockerfile
      git -C ${context} init -q -b main && git -C ${context} add . &&
      git -C ${context} -c user.name=a -c user.email=a@b commit -qm 1 && git clone -q --bare ${context} ${context}.git`);
    // No passwords, in the foreground, and nothing of /etc.
    const server = [
      "dropbear",
      "-F",
      "-E",
      "-s",
      "-r",
      "hostkey",
      "-p",
      `127.0.0.1:${port}`,
      "-P",
      "dropbear.pid",
    ];
    host.spawnAsUser(alice, server);
    const answers = `busybox nc -w 1 127.0.0.1 ${port} </dev/null | grep -q SSH`;
    await waitFor(async () => (await host.asUser(alice, ["sh", "-c", answers])).exitCode === 0, {
      what: "dropbear",
    });
    repository = `ssh://${alice.name}@127.0.0.1:${port}${context}.git`;
  });

  test("is checked out with the key of --ssh, as a source and as a context", async () => {
    const key = ["--ssh", `default=${alice.home}/first`];
    const dockerfile = `FROM BASE\nADD ${repository}#main:doc /doc/\n`;
    const unknown = await builds.build(dockerfile, { args: key });
    expect(unknown.stderr).toContain("Host key verification failed");
    await shell(`ssh-keyscan -p ${port} 127.0.0.1 >.ssh/known_hosts 2>/dev/null`);
    const refused = await builds.build(dockerfile);
    expect(refused.stderr).toContain("Permission denied");
    await builds.built(dockerfile, { args: key });
    expect(await builds.run("cat /doc/readme")).toBe("by ssh");
    const argv = ["cntnr", "build", "-t", "built", ...key, repository];
    checked(argv, await host.asUser(alice, argv));
    expect(await builds.run("cat /readme")).toBe("by ssh");
  });
});
