import { expect, test } from "bun:test";
import type { AuditLog } from "../../../../netd/audit/audit-log.ts";
import type { AttachmentFacts } from "../../../../netd/contract/attachment.ts";
import type { AttachIntent } from "../../../../netd/front/attach-request.ts";
import type { Caller } from "../../../../netd/front/caller.ts";
import type { Generation } from "../../../../netd/front/generation.ts";
import { KnownAttachments } from "../../../../netd/front/known-attachments.ts";
import { Requests } from "../../../../netd/front/requests.ts";
import type { WorkerClient } from "../../../../netd/front/worker-client.ts";

const caller = { uid: 1000, gid: 1000, groups: [1000], pid: 1, depth: 0, connection: 1 } as unknown as Caller;
const intent = { network: "lab", interface: "eth0", ports: [], addresses: [] } as unknown as AttachIntent;
const ending = {
  id: "a".repeat(32),
  state: "detaching",
  uid: caller.uid,
  plan: { network: "lab" },
} as unknown as AttachmentFacts;

/** A policy that grants one attachment. */
const generation = {
  hash: "",
  decide: (_caller: unknown, _asked: unknown, all: readonly unknown[]) =>
    all.length === 0
      ? { outcome: "allow", plan: { rule: "allow", ports: [] } }
      : { outcome: "deny", reason: { kind: "quota-exceeded", text: "attachments" } },
} as unknown as Generation;

function requestsWith(known: KnownAttachments, ask: () => void): Requests {
  const audit = { noteLimited: () => "REF", note: () => undefined } as unknown as AuditLog;
  const worker = { ask: async () => ask() } as unknown as WorkerClient;
  return new Requests({ worker, known, audit, generation: () => generation });
}

test("a slot that is freed while the worker looks for ended containers is not refused (Q7)", async () => {
  const known = new KnownAttachments();
  known.set(ending);
  await requestsWith(known, () => known.remove(ending.id)).check(caller, intent);
});

test("a slot that is being freed is waited for (Q7)", async () => {
  const known = new KnownAttachments();
  known.set(ending);
  const asked = requestsWith(known, () => undefined).check(caller, intent);
  setTimeout(() => known.remove(ending.id), 20);
  await asked;
});

test("a slot that nobody is about to free is refused (Q7)", async () => {
  const known = new KnownAttachments();
  known.set({ ...ending, state: "attached" });
  await expect(requestsWith(known, () => undefined).check(caller, intent)).rejects.toThrow(
    "quota of attachments",
  );
});
