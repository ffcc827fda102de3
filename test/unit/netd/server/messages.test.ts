import { describe, expect, test } from "bun:test";
import { generationOf } from "../../../../netd/front/generation.ts";
import { networkMessage } from "../../../../netd/server/messages.ts";
import { labPolicy } from "../../policy/policies.ts";

const facts = {
  network: "lab",
  conflistHash: "0".repeat(64),
  plugins: ["bridge"],
  subnets: "unknown",
  addressesEach: 1,
  choices: [],
  lowestPort: 1024,
  isFiltered: true,
} as const;
const usage = { attachmentsUsed: 1, addressesUsed: 1, portsUsed: 2, networkAttachmentsUsed: 1 };

describe("a network, as its user is told of it", () => {
  const portsOf = async (rules: string) => {
    const generation = generationOf(await labPolicy(rules), [facts]);
    const [grant] = generation.grantsOf({ uid: 1000, gid: 1000, groups: [2000, 2001], pid: 1, depth: 0 });
    if (!grant) throw new Error("nothing is granted");
    const { portsLimit, portsUnlimited, portsUsed } = networkMessage(grant, usage);
    return [portsUsed, portsUnlimited ? "unlimited" : portsLimit];
  };
  const web = "[allow group:web network:lab]\nattachments = 1\n";

  test("has the quota of ports of which some rule gives one, and none otherwise", async () => {
    expect(await portsOf(web)).toEqual([2, 0]);
    expect(await portsOf(`${web}ports = none\n`)).toEqual([2, 0]);
    expect(await portsOf(`${web}ports = tcp\n`)).toEqual([2, 128]);
    expect(await portsOf(`${web}ports = tcp\npublished-ports = unlimited\n`)).toEqual([2, "unlimited"]);
    expect(await portsOf(`[allow group:devs network:lab]\nports = none\n${web}ports = tcp\n`)).toEqual([
      2, 128,
    ]);
  });
});
