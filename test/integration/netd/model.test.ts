import { afterAll, beforeAll, expect, test } from "bun:test";
import { TestPlugins } from "../../fixtures/cni-plugins.ts";
import { type Shares, takeSteps } from "../../fixtures/model-steps.ts";
import { NetdModel } from "../../fixtures/netd-model.ts";
import { TestHost } from "../../fixtures/test-host.ts";

/** More of them by hand, and others: CNTNR_MODEL_STEPS=100000 CNTNR_MODEL_SEED=7 bun test ... */
const steps = Number(process.env.CNTNR_MODEL_STEPS ?? 2000);
const seed = Number(process.env.CNTNR_MODEL_SEED ?? 1);

let host: TestHost;
let model: NetdModel;
beforeAll(async () => {
  host = await TestHost.start();
  // It makes nothing that the host sees, as macvlan does: what is tried here is netd's own bookkeeping.
  const result = `{"cniVersion":"1.0.0","interfaces":[{"name":"eth0","mac":"02:00:00:00:00:01","sandbox":"/x"}]}`;
  const { path } = new TestPlugins(host).script(
    "fake",
    `[ "$CNI_COMMAND" = ADD ] && echo '${result}'; exit 0`,
  );
  const plugins = [{ type: "fake" }];
  const conflist = { cniVersion: "1.0.0", name: "fake", cntnr: { acceptUnfiltered: true }, plugins };
  host.writeConflist(conflist);
  model = await NetdModel.start(host, {
    seed,
    networks: ["fake"],
    quota: 5,
    policyOf: (limit) =>
      `[network fake]\nconflist = fake.conflist\n[allow group:cntnr-dev network:fake]\nattachments = ${limit}\n`,
    args: ["--plugin-dir", path],
    ports: [],
    oncePerNamespace: [],
  });
});
afterAll(() => host[Symbol.asyncDispose]());

const shares: Shares = [
  ["attach", 430],
  ["attach again (F13)", 50],
  ["detach", 380],
  ["detach of another's (N12)", 40],
  ["end of a container (N10)", 50],
  ["reload (C9)", 20],
  ["crash (F12)", 15],
  ["restart (F7)", 11],
  ["reboot (F6)", 4],
];

test(`${steps} random steps, crashes, restarts, reboots and reloads agree with a model (seed ${seed})`, async () => {
  const counts = await takeSteps(model, steps, shares);
  expect(counts.size).toBeGreaterThan(1);
}, 900_000);
