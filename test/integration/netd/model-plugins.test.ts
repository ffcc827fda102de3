import { afterAll, beforeAll, expect, test } from "bun:test";
import { type Shares, takeSteps } from "../../fixtures/model-steps.ts";
import { NetdModel } from "../../fixtures/netd-model.ts";
import { TestHost } from "../../fixtures/test-host.ts";
import { waitFor } from "../../fixtures/wait-for.ts";

/** More of them by hand, and others: CNTNR_MODEL_STEPS=10000 CNTNR_MODEL_SEED=7 bun test ... */
const steps = Number(process.env.CNTNR_MODEL_STEPS ?? 250);
const seed = Number(process.env.CNTNR_MODEL_SEED ?? 1);
const ports = [8000, 8001, 8002, 8003];

let host: TestHost;
let model: NetdModel;
beforeAll(async () => {
  host = await TestHost.start();
  const ranges = [[{ subnet: "10.40.0.0/24" }], [{ subnet: "fd40::/64" }]];
  const routes = [{ dst: "0.0.0.0/0" }];
  const ipam = { type: "host-local", ranges, routes };
  const bridge = { type: "bridge", bridge: "bridged0", isGateway: true, ipam };
  const bridged = { cniVersion: "1.0.0", name: "bridged", plugins: [bridge] };
  const ptp = { type: "ptp", ipam: { type: "host-local", subnet: "10.41.0.0/24" } };
  const routed = { cniVersion: "1.0.0", name: "routed", plugins: [ptp] };
  for (const conflist of [bridged, routed]) host.writeConflist(conflist);
  const network = (name: string) =>
    `[network ${name}]\nconflist = ${name}.conflist\negress = any\nmasquerade = yes\n`;
  const rule = (name: string, limit: number) =>
    `[allow group:cntnr-dev network:${name}]\nattachments = ${limit}\nports = 8000-8999/tcp\nbandwidth = 100M\nconnections = 100\n`;
  model = await NetdModel.start(host, {
    seed,
    networks: ["bridged", "bridged", "routed"],
    quota: 4,
    policyOf: (limit) => ["bridged", "routed"].map((name) => `${network(name)}${rule(name, limit)}`).join(""),
    args: [],
    ports,
    oncePerNamespace: ["routed"],
  });
});
afterAll(() => host[Symbol.asyncDispose]());

const shares: Shares = [
  ["attach", 330],
  ["attach again (F13)", 40],
  ["detach", 250],
  ["detach of another's (N12)", 20],
  ["end of a container (N10)", 50],
  ["reload (C9)", 20],
  ["worker killed in an attach (F1)", 70],
  ["worker killed in a detach (F1)", 50],
  ["front killed in an attach (F12)", 60],
  ["front killed in a detach (F12)", 40],
  ["flush of all rules (D10)", 30],
  ["restart (F7)", 30],
  ["reboot (F6)", 10],
];

/** One of them is where the model has it, and hears the host: one that is alone with its network in its namespace. */
async function expectOneReachable(): Promise<void> {
  const all = model.attachments();
  const isAlone = ({ namespace, network }: (typeof all)[number]) =>
    all.filter((other) => other.namespace === namespace && other.network === network).length === 1;
  const attachment = model.random.pick(all.filter(isAlone));
  const address = attachment?.addresses.find((text) => !text.includes(":"))?.split("/")[0];
  if (address === undefined) return;
  const answers = async () => (await host.asRoot(["busybox", "ping", "-c1", "-W1", address])).exitCode === 0;
  await waitFor(answers, { what: `an answer of ${JSON.stringify(attachment)}` });
}

/** What residue has no list of: settings of the machine, seals on links, and ports that somebody may still hold. */
async function machineState(): Promise<Record<string, unknown>> {
  const settings = "sysctl -a 2>/dev/null | grep -E '^net[.](ipv[46][.](conf|ip_forward)|bridge)' | sort";
  const queues = 'tc -json qdisc show | grep -o \'"kind":"[a-z]*","handle":"[^"]*","dev":"[^"]*"\' | sort';
  const linesOf = async (script: string) => (await host.asRoot(["sh", "-c", script])).stdout.split("\n");
  const bind = `const { createServer } = require("node:net");
for (const port of ${JSON.stringify(ports)}) for (const host of ["0.0.0.0", "::"])
  createServer().on("error", () => console.log(port, host)).listen({ port, host, ipv6Only: true }, function () { this.close(); });`;
  return {
    settings: await linesOf(settings),
    queues: await linesOf(queues),
    heldPorts: (await host.asRoot([process.execPath, "-e", bind])).stdout,
  };
}

test(`${steps} random steps with real plugins, and kill -9 of either half at any moment, agree with a model (seed ${seed})`, async () => {
  // What plugins and netd leave of a network for good, they have left after the first attachments.
  for (const person of model.people) for (let count = 0; count < 6; count++) await model.attach(person);
  await model.endAll();
  await host.waitForNoResidue();
  const before = await machineState();
  await takeSteps(model, steps, shares, expectOneReachable);
  expect(await machineState()).toEqual(before);
  expect(before.heldPorts).toBe("");
}, 900_000);
