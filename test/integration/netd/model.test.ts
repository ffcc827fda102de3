import { afterAll, beforeAll, expect, test } from "bun:test";
import { TestPlugins } from "../../fixtures/cni-plugins.ts";
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

/** Does one thing, and says what. */
async function step(): Promise<string> {
  const { random, people } = model;
  const person = random.pick(people);
  const other = people.find((one) => one !== person);
  if (!person || !other) throw new Error("there is nobody");
  const dice = random.below(1000);
  const any = random.pick([...person.attachments.values()]);
  if (dice < 430) return model.attach(person).then(() => "attach");
  if (dice < 480) return model.attach(person, any).then(() => "attach again (F13)");
  if (dice < 860) return model.detach(person, any?.id).then(() => "detach");
  if (dice < 900)
    return model
      .detach(person, random.pick([...other.attachments.keys()]))
      .then(() => "detach of another's (N12)");
  if (dice < 950)
    return model.end(person, random.pick(person.namespaces)).then(() => "end of a container (N10)");
  if (dice < 970) return model.reload().then(() => "reload (C9)");
  if (dice < 985) return model.restart("SIGKILL").then(() => "crash (F12)");
  if (dice < 996) return model.restart("SIGTERM").then(() => "restart (F7)");
  return model.reboot().then(() => "reboot (F6)");
}

test(`${steps} random steps, crashes, restarts, reboots and reloads agree with a model (seed ${seed})`, async () => {
  const counts = new Map<string, number>();
  for (let done = 0; done < steps; done++) {
    const what = await step();
    counts.set(what, (counts.get(what) ?? 0) + 1);
    if (done % 10 === 0) await model.expectAgreement();
  }
  await model.expectAgreement();
  await model.endAll();
  await host.waitForNoResidue();
  expect(counts.size).toBeGreaterThan(1);
  console.log([...counts].map(([what, count]) => `${count} ${what}`).join(", "));
}, 900_000);
