import { expect, test } from "bun:test";
import { frontLimits } from "../../../../netd/contract/messages.ts";
import { planLimits } from "../../../../netd/contract/plan.ts";
import { mostNetworks } from "../../../../netd/contract/worker-calls.ts";
import type { AttachIntent } from "../../../../netd/front/attach-request.ts";
import { type AskedAttach, askedFor, generationWith } from "../../../fuzz/front-in-process.ts";
import { labPolicy } from "../../policy/policies.ts";

/** What a worker is asked for when a caller of this policy publishes so many ports. */
async function askedWith(rule: string, ports: number, network = ""): Promise<AskedAttach | undefined> {
  const policy = await labPolicy(`[allow everyone network:lab]\nattachments = 9\n${rule}`, network);
  const intent: AttachIntent = {
    network: "lab",
    interface: "eth0",
    idempotencyKey: "key",
    netnsFd: 3,
    leaseFd: 4,
    checkOnly: false,
    addresses: [],
    mac: undefined,
    ports: Array.from({ length: ports }, (_, index) => ({
      hostIp: undefined,
      hostPort: 20_000 + index,
      containerPort: 65_535,
      protocol: "sctp" as const,
    })),
  };
  return askedFor(generationWith(policy), intent);
}

const addresses = Array.from({ length: 3 }, (_, index) => `fd00:aaaa:bbbb:cccc:dddd:eeee:ffff:100${index}`);

test("what a rule's addresses of the host make of the ports is refused when it is too much, and never asked of the worker (R15)", async () => {
  const rule = `ports = sctp\nhost-ips = ${addresses.join(", ")}\n`;
  expect((await askedWith(rule, 85))?.plan.ports).toHaveLength(255);
  await expect(askedWith(rule, 86)).rejects.toThrow("malformed request (reference REF)");
});

/** As many as a line of a policy has room for. */
const listed = (entry: (index: number) => string) =>
  Array.from({ length: 1000 }, (_, index) => entry(index))
    .join(",")
    .slice(0, 4000)
    .replace(/,[^,]*$/, "");

test("whatever the lines of a policy have room for, the worker's form has room for, and a line of the channel", async () => {
  const hostAccess = listed((index) => `${index + 1}/tcp`);
  const egress = listed((index) => `::${index.toString(16)}`);
  const rule = `ports = sctp\nhost-ips = ${addresses[0]}\npublished-ports = unlimited\n`;
  const network = `host-access = ${hostAccess}\negress = ${egress}\n`;
  const asked = await askedWith(rule, planLimits.ports, network);
  expect(asked?.lineBytes).toBeLessThan(frontLimits.lineBytes);
  const networks = Array.from({ length: mostNetworks }, () => ({
    network: "n".repeat(32),
    conflist: "c".repeat(128),
  }));
  const configure = JSON.stringify({ call: 1, ask: "configure", with: { networks } });
  expect(configure.length).toBeLessThan(frontLimits.lineBytes);
});
