import { expect, test } from "bun:test";
import { planLimits } from "../../../../netd/contract/plan.ts";
import type { NetworkFacts } from "../../../../netd/contract/worker-calls.ts";
import { keptAddressesOf, keptAddressWarnings } from "../../../../netd/front/kept-addresses.ts";
import { labPolicy } from "../../policy/policies.ts";

const facts: NetworkFacts = {
  network: "lab",
  conflistHash: "0".repeat(64),
  plugins: ["bridge"],
  subnets: [{ range: "10.20.0.0/16", gateway: "10.20.0.1" }],
  addressesEach: 1,
  choices: ["ips"],
  lowestPort: 1024,
  isFiltered: true,
};

test("the addresses of a network that any rule lets somebody ask for are kept, each once", async () => {
  const policy = await labPolicy(
    "[allow everyone network:lab]\nattachments = 1\nstatic-ips = 10.20.0.66, 10.20.1.0/24, 192.0.2.1\n" +
      "[allow user:alice network:lab]\nstatic-ips = 10.20.0.64/27, 10.20.1.0/24\n",
  );
  expect(keptAddressesOf(policy, facts)).toEqual(["10.20.1.0/24", "10.20.0.64/27"]);
  expect(keptAddressWarnings(policy, facts)).toEqual([]);
  expect(keptAddressesOf(policy, { ...facts, subnets: "unknown" })).toEqual([]);
  expect(keptAddressWarnings(policy, { ...facts, subnets: "unknown" })).toEqual([
    expect.stringContaining("only the plugins of the conflist of network lab know which addresses it gives"),
  ]);
});

test("more than a plan has room for is never asked of the worker, and warned of", async () => {
  const addresses = (user: string, block: number) =>
    `[allow ${user} network:lab]\nattachments = 1\nstatic-ips = ${Array.from({ length: 256 }, (_, index) => `10.20.${block}.${index}`).join(", ")}\n`;
  const subjects = ["everyone", "user:#1001", "user:#1002", "user:#1003", "user:#1004"];
  const policy = await labPolicy(subjects.map(addresses).join(""));
  expect(keptAddressesOf(policy, facts)).toHaveLength(planLimits.keptAddresses);
  expect(keptAddressWarnings(policy, facts)).toEqual([
    expect.stringContaining("the static-ips of network lab are 1280 ranges: only 1024 of them are kept"),
  ]);
});
