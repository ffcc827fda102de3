import { afterAll, beforeAll, expect, test } from "bun:test";
import type { RunningCommand } from "../../fixtures/running-command.ts";
import { labPolicy, TestHost } from "../../fixtures/test-host.ts";
import { attach, attachmentIdOf, makeNamespace, type UserNamespace } from "../../fixtures/user-namespaces.ts";
import { waitFor } from "../../fixtures/wait-for.ts";

const policy = `${labPolicy}ports = 8000-8099/tcp\n`;

let host: TestHost;
let first: RunningCommand;
let namespace: UserNamespace;
let id: string;
beforeAll(async () => {
  host = await TestHost.start();
  // A connection that bob's server has closed would keep its port for another minute (TIME_WAIT, tcp(7)).
  await host.asRoot(["sysctl", "-qw", "net.ipv4.tcp_max_tw_buckets=0"]);
  first = await host.startNetd({ policy });
  namespace = await makeNamespace(host, host.users.alice);
  const ports = [8000, 8001].map((hostPort) => ({ hostPort, containerPort: 80, protocol: "PROTOCOL_TCP" }));
  id = attachmentIdOf(await attach(host, host.users.alice, namespace, { ports }));
  const inside = ["nsenter", `--net=/proc/${namespace.pid}/ns/net`];
  host.spawnAsRoot([...inside, "busybox", "httpd", "-f", "-p", "80", "-h", "/etc"]);
  await waitFor(async () => (await fetched(8000)) === "container", { what: "the server in the container" });
});
afterAll(() => host[Symbol.asyncDispose]());

/** Who answers at a port of the host. */
async function fetched(port: number): Promise<string> {
  const url = `http://10.20.0.1:${port}/hostname`;
  const { stdout, exitCode } = await host.asRoot(["curl", "-sS", "--max-time", "5", url]);
  if (exitCode !== 0) return `nobody (${exitCode})`;
  return stdout === "mine" ? "bob" : "container";
}

/** Bob's own server at a port of the host. */
function serveAsBob(port: number): RunningCommand {
  const answer = "HTTP/1.0 200 OK\\r\\nContent-Length: 4\\r\\n\\r\\nmine";
  const script = `while :; do printf '${answer}' | busybox nc -l -p ${port} -w 3 || exit 1; done`;
  return host.spawnAsUser(host.users.bob, ["sh", "-c", script]);
}

/** Whether anybody listens on port 8000 of the host: netd's own sockets are bound, and never listen. */
async function isListening(): Promise<boolean> {
  const { stdout } = await host.asRoot(["cat", "/proc/net/tcp", "/proc/net/tcp6"]);
  return stdout.split("\n").some((line) => / [0-9A-F]+:1F40 [0-9A-F]+:0000 0A /.test(line));
}

const status = () => host.asRoot(["cntnr-netd", "status"]);

async function restartWithout(netd: RunningCommand, meanwhile: () => Promise<void>): Promise<RunningCommand> {
  netd.kill("SIGKILL");
  await netd.exited;
  await meanwhile();
  return host.startNetd({ policy });
}

test("a port that somebody takes while no netd runs is his, status says so, and all others stay (R11, F7)", async () => {
  const lsof = async () => (await host.asRoot(["cntnr-netd", "ls"])).stdout;
  let netd = await restartWithout(first, async () => undefined);
  expect(await fetched(8000)).toBe("container");
  expect((await status()).exitCode).toBe(0);
  // Held again before anybody was served.
  const refused = serveAsBob(8000);
  expect(await refused.exited).not.toBe(0);
  let bob: RunningCommand | undefined;
  netd = await restartWithout(netd, async () => {
    bob = serveAsBob(8000);
    await waitFor(isListening, { what: "bob's server" });
  });
  const lost = await status();
  expect(lost.exitCode).toBe(1);
  expect(lost.stdout).toContain(
    `!! not published any more: port 8000/tcp is in use on the host (attachment ${id}); it is published again within seconds once it is free`,
  );
  expect(host.auditLines()).toContainEqual(
    expect.objectContaining({
      event: "failure",
      attachment: id,
      reason:
        "not published any more: port 8000/tcp is in use on the host; it is tried again until it is free",
    }),
  );
  expect(await fetched(8000)).toBe("bob");
  expect(await fetched(8001)).toBe("container");
  expect(await lsof()).toContain(id.slice(0, 8));
  bob?.kill("SIGKILL");
  await bob?.exited;
  await waitFor(async () => !(await isListening()), { what: "the end of bob's server" });
  // Without a restart, and said in the log.
  await waitFor(async () => (await fetched(8000)) === "container", {
    what: "the port to be published again",
  });
  // The kernel has it first.
  await waitFor(async () => (await status()).exitCode === 0, { what: "netd to know of it" });
  const said = "port 8000/tcp is free and published again";
  const isSaid = () =>
    host
      .auditLines()
      .some((line) => line.event === "publish" && line.attachment === id && line.reason === said);
  await waitFor(isSaid, { what: "the audit log to say so" });
  // And it is held again.
  expect(await serveAsBob(8000).exited).not.toBe(0);
  expect(await fetched(8001)).toBe("container");
  netd = await restartWithout(netd, async () => undefined);
  expect(await fetched(8000)).toBe("container");
  namespace.process.kill("SIGKILL");
  await host.waitForNoResidue();
  // What is lost is lost with its attachment.
  expect((await status()).exitCode).toBe(0);
});
