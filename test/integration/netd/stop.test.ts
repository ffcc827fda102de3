import { afterAll, beforeAll, expect, test } from "bun:test";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { callNetd } from "../../fixtures/call-netd.ts";
import { TestPlugins } from "../../fixtures/cni-plugins.ts";
import { labConflist, labPolicy, TestHost } from "../../fixtures/test-host.ts";
import { attach, attachmentIdOf, makeNamespace } from "../../fixtures/user-namespaces.ts";
import { waitFor } from "../../fixtures/wait-for.ts";

let host: TestHost;
let plugins: string;
const gate = () => join(host.directory, "gate");
beforeAll(async () => {
  host = await TestHost.start();
  plugins = new TestPlugins(host).copied("bridge", "host-local").gated("gated", gate()).path;
  const chain = { ...labConflist, plugins: [...labConflist.plugins, { type: "gated" }] };
  host.writeConflist(chain);
});
afterAll(() => host[Symbol.asyncDispose]());

const start = () => host.startNetd({ policy: labPolicy, args: ["--plugin-dir", plugins] });

test("asked to end, it finishes what is under way, and leaves nothing half done (F11)", async () => {
  const { alice } = host.users;
  const namespace = await makeNamespace(host, alice);
  const netd = await start();
  const asked = attach(host, alice, namespace);
  await waitFor(async () => (await host.asRoot(["test", "-e", `${gate()}.waits`])).exitCode === 0, {
    what: "the plugin",
  });
  netd.kill("SIGTERM");
  const isLogged = () => netd.stderr.includes("SIGTERM: ending");
  await waitFor(isLogged, { what: "the end to begin" });
  expect((await host.residue()).records).toHaveLength(1);
  writeFileSync(gate(), "");
  expect(await netd.exited).toBe(0);
  expect(netd.stderr).toBe("cntnr-netd: SIGTERM: ending\n");
  const ended = host.auditLines().map(({ event, reason }) => `${event} ${reason ?? ""}`);
  expect(ended.slice(-3)).toEqual([
    "attach ",
    "detach it could not be logged, or its caller has gone",
    "stop ",
  ]);
  // Whose call was cut off was told nothing, so nothing of it may be left; one that was answered stays.
  const { code } = await asked;
  const next = await start();
  const [list] = await callNetd(host, alice, { calls: [{ method: "List", request: {} }] });
  const { attachments = [] } = (list?.response ?? {}) as { attachments?: unknown[] };
  if (code !== 0) expect(attachments).toHaveLength(0);
  namespace.process.kill("SIGKILL");
  await host.waitForNoResidue();
  next.kill("SIGTERM");
  expect(await next.exited).toBe(0);
  expect((await host.asRoot(["cntnr-netd", "audit", "verify", "--audit-log", host.auditFile])).exitCode).toBe(
    0,
  );
});

test("a second signal does not tear it: the plugins have sessions of their own (F11)", async () => {
  const { alice } = host.users;
  rmSync(`${gate()}.waits`, { force: true });
  rmSync(gate(), { force: true });
  const namespace = await makeNamespace(host, alice);
  const netd = await start();
  const asked = attach(host, alice, namespace);
  await waitFor(async () => (await host.asRoot(["test", "-e", `${gate()}.waits`])).exitCode === 0, {
    what: "the plugin",
  });
  for (const signal of ["SIGHUP", "SIGINT", "SIGTERM"] as const) netd.kill(signal);
  writeFileSync(gate(), "");
  expect(await netd.exited).toBe(0);
  await asked;
  namespace.process.kill("SIGKILL");
  const next = await start();
  await host.waitForNoResidue();
  const id = attachmentIdOf(await attach(host, alice, await makeNamespace(host, alice)));
  expect((await host.residue()).records).toEqual([id]);
  next.kill("SIGTERM");
  expect(await next.exited).toBe(0);
});
