import { expect, test } from "bun:test";
import type { AuditLog } from "../../../../netd/audit/audit-log.ts";
import { frontLimits } from "../../../../netd/contract/messages.ts";
import { planLimits } from "../../../../netd/contract/plan.ts";
import { mostNetworks } from "../../../../netd/contract/worker-calls.ts";
import { parseAttachRequest } from "../../../../netd/front/attach-request.ts";
import type { Caller } from "../../../../netd/front/caller.ts";
import { generationOf } from "../../../../netd/front/generation.ts";
import { KnownAttachments } from "../../../../netd/front/known-attachments.ts";
import { Requests } from "../../../../netd/front/requests.ts";
import type { WorkerClient } from "../../../../netd/front/worker-client.ts";
import { Calls } from "../../../../netd/worker/calls.ts";
import type { WorkerTable } from "../../../../netd/worker/table.ts";
import { netdService } from "../../../../proto/service.ts";
import { labPolicy } from "../../policy/policies.ts";

const caller: Caller = {
  uid: 1000,
  gid: 1000,
  groups: [],
  pid: 7,
  depth: 0,
  connection: { fd: 5, cookie: "4711" },
};
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

/** What a worker is asked for when a caller of this policy publishes so many ports. */
async function askedFor(rule: string, ports: number, network = ""): Promise<object> {
  const policy = await labPolicy(`[allow everyone network:lab]\nattachments = 9\n${rule}`, network);
  const asked: object[] = [];
  const worker = {
    ask: async (ask: string, request: object) => {
      if (ask === "attach") asked.push({ call: 1, ask, with: request });
      return { inode: 1, id: "1", depth: 1, given: { addresses: [] } };
    },
  } as unknown as WorkerClient;
  const audit = { commit: () => undefined, noteLimited: () => "REF", note: () => undefined };
  const requests = new Requests({
    worker,
    known: new KnownAttachments(),
    audit: audit as unknown as AuditLog,
    generation: () => generationOf(policy, [facts]),
  });
  const message = netdService.Attach.requestDeserialize(
    netdService.Attach.requestSerialize({
      network: "lab",
      idempotencyKey: "key",
      netnsFd: 3,
      leaseFd: 4,
      ports: Array.from({ length: ports }, (_, index) => ({
        hostPort: 20_000 + index,
        containerPort: 65_535,
        protocol: "PROTOCOL_SCTP",
      })),
    }),
  );
  await requests.attach(caller, parseAttachRequest(message as never), new AbortController().signal);
  const [question] = asked;
  if (!question) throw new Error("the worker was not asked");
  return question;
}

/** Throws what the worker would end the front for. */
function take(question: object): number {
  const line = `${JSON.stringify(question)}\n`;
  new Calls({ attach: () => ({}) } as unknown as WorkerTable, () => undefined).take(JSON.parse(line));
  return Buffer.byteLength(line);
}

const addresses = Array.from({ length: 3 }, (_, index) => `fd00:aaaa:bbbb:cccc:dddd:eeee:ffff:100${index}`);

test("what a rule's addresses of the host make of the ports is refused when it is too much, and never asked of the worker (R15)", async () => {
  const rule = `ports = sctp\nhost-ips = ${addresses.join(", ")}\n`;
  expect(take(await askedFor(rule, 85))).toBeGreaterThan(0);
  await expect(askedFor(rule, 86)).rejects.toThrow("malformed request (reference REF)");
});

test("whatever the lines of a policy have room for, the worker's form has room for, and a line of the channel", async () => {
  const hostPorts = Array.from({ length: 680 }, (_, index) => `${index + 1}/tcp`)
    .join(",")
    .slice(0, 4000);
  const egress = Array.from({ length: 999 }, (_, index) => `::${index.toString(16)}`)
    .join(",")
    .slice(0, 4000);
  const network = `host-access = ${hostPorts.replace(/,[^,]*$/, "")}\negress = ${egress.replace(/,[^,]*$/, "")}\n`;
  const rule = `ports = sctp\nhost-ips = ${addresses[0]}\n`;
  const bytes = take(await askedFor(rule, planLimits.ports, network));
  expect(bytes).toBeLessThan(frontLimits.lineBytes);
  const networks = Array.from({ length: mostNetworks }, () => ({
    network: "n".repeat(32),
    conflist: "c".repeat(128),
  }));
  const configure = JSON.stringify({ call: 1, ask: "configure", with: { networks } });
  expect(configure.length).toBeLessThan(frontLimits.lineBytes);
});
