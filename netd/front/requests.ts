import { randomBytes } from "node:crypto";
import type { ApprovedPlan, DenialReason } from "../../policy/decide.ts";
import { type AuditEvent, newReference, requestDigest } from "../audit/audit-event.ts";
import type { AuditLog } from "../audit/audit-log.ts";
import { type AttachmentFacts, nothingGiven } from "../contract/attachment.ts";
import type { AttachmentPlan } from "../contract/plan.ts";
import type { NamespaceFacts } from "../contract/worker-calls.ts";
import { messageOf, Refusal, type RefusalCode } from "../errors.ts";
import type { AttachIntent } from "./attach-request.ts";
import { auditSubjectOf, type Caller, ownAttachments } from "./caller.ts";
import type { Asked, Generation } from "./generation.ts";
import type { KnownAttachments } from "./known-attachments.ts";
import { excessOf, planOf } from "./plan-of.ts";
import type { WorkerClient } from "./worker-client.ts";

export interface RequestsOptions {
  readonly worker: WorkerClient;
  readonly known: KnownAttachments;
  readonly audit: AuditLog;
  /** The policy in force; asked anew for each request. */
  readonly generation: () => Generation;
}

/** Longest wait of an Attach for the caller's own detaches, when it needs one of their slots. */
const slotWaitMs = 10_000;
/** The same for an Attach that is under way already: longer than its plugins may take. */
const attachWaitMs = 60_000;

/** What reasons of exceeded quotas begin with. */
const quotas = ["addresses", "published ports", "attachments"];

/** What callers ask for: decided here, written into the audit log, done by the worker. */
export class Requests {
  constructor(private readonly options: RequestsOptions) {}

  /** Decides about an Attach without doing it. Throws Refusal. */
  async check(caller: Caller, intent: AttachIntent): Promise<void> {
    // Of the namespace nothing is known yet: what an ordinary container of the caller has.
    const asked = { ...intent, namespaceDepth: caller.depth + 1 };
    const { rule } = await this.#withFreeSlot(caller, asked, (approved) => approved);
    const line = { event: "allow", ...this.#request(caller, intent), rule, reason: "only asked" } as const;
    this.options.audit.noteLimited(line);
  }

  /**
   * Attaches the caller's namespace; the same key, namespace and request get the same answer. What nobody waits for any
   * more when the signal aborts is taken back. Throws Refusal.
   */
  async attach(caller: Caller, intent: AttachIntent, signal: AbortSignal): Promise<AttachmentFacts> {
    const started = performance.now();
    const { worker, known } = this.options;
    const { connection } = caller;
    const { netnsFd, leaseFd, idempotencyKey } = intent;
    const asked = { connection, netnsFd, leaseFd };
    const netns = await this.#verified(caller, intent, worker.ask("look", asked));
    const wanted = { ...intent, namespaceDepth: netns.depth };
    const charged =
      this.#repeated(caller, intent, netns) ??
      (await this.#withFreeSlot(caller, wanted, (approved) => {
        signal.throwIfAborted();
        return this.#charge(caller, intent, { netns, approved });
      }));
    if (!("action" in charged)) return this.#attachedOnce(charged);
    const { intended, action } = charged;
    const { id, plan } = intended;
    const takeBack = () => void this.#takeBack(id);
    signal.addEventListener("abort", takeBack, { once: true });
    try {
      signal.throwIfAborted();
      const order = { ...asked, id, idempotencyKey, plan };
      const attached = await this.#verified(caller, intent, worker.ask("attach", order));
      await this.#commitAttached({
        event: "attach",
        ...action,
        addresses: attached.given.addresses,
        durationMs: Math.round(performance.now() - started),
      });
      return attached;
    } catch (error) {
      // What the worker has begun it tells of; what it has not is forgotten.
      if (known.get(id) === intended) known.remove(id);
      throw this.#failed(error, { event: "failure", action: "attach", ...action }, started);
    } finally {
      signal.removeEventListener("abort", takeBack);
    }
  }

  /** Ends an attachment of the caller's. Returns when that is durable (F5: unknown ids are fine). */
  async detach(caller: Caller, id: string): Promise<void> {
    await this.options.worker.ask("detach", { connection: caller.connection, id });
  }

  /** Turns what the kernel says of a caller's descriptor into the one denial that callers see (N3). */
  async #verified<Answer>(caller: Caller, intent: AttachIntent, asked: Promise<Answer>): Promise<Answer> {
    try {
      return await asked;
    } catch (error) {
      if (!(error instanceof Refusal) || error.code !== "denied") throw error;
      throw this.#denied(caller, intent, messageOf(error.cause));
    }
  }

  /** The attachment that was asked for with this key before (F13). Throws Refusal when that was another request. */
  #repeated(caller: Caller, intent: AttachIntent, netns: NamespaceFacts): AttachmentFacts | undefined {
    const found = ownAttachments(caller, this.options.known.all()).find(
      ({ idempotencyKey }) => idempotencyKey === intent.idempotencyKey,
    );
    if (!found) return undefined;
    const isSame =
      found.plan.request === digestOf(intent) &&
      found.netns.inode === netns.inode &&
      found.netns.id === netns.id;
    if (isSame && found.state !== "detaching") return found;
    const text = "idempotency_key was used for another attachment, or for one that is ending";
    throw new Refusal("conflict", text);
  }

  async #attachedOnce({ id }: AttachmentFacts): Promise<AttachmentFacts> {
    const { known } = this.options;
    await known.waitUntil(() => known.get(id)?.state !== "attaching", attachWaitMs);
    const found = known.get(id);
    if (found?.state === "attached") return found;
    throw new Refusal("failed", "the network could not be attached the first time");
  }

  /**
   * Decides, waits as long as that may free a slot, and does `take` in the same moment as the decision: nothing comes
   * between what was decided and what is charged, however many waited for the same slot (Q7). Throws Refusal.
   */
  async #withFreeSlot<Taken>(
    caller: Caller,
    asked: AttachIntent & Asked,
    take: (plan: ApprovedPlan) => Taken,
  ): Promise<Taken> {
    const { known, generation, worker } = this.options;
    const deadline = performance.now() + slotWaitMs;
    for (let isReaped = false; ; isReaped = !isReaped) {
      const decision = generation().decide(caller, asked, known.all());
      if (decision.outcome === "allow") {
        const text = excessOf(decision.plan);
        if (text !== undefined) throw this.#refusalOf(caller, asked, { kind: "malformed", text });
        return take(decision.plan);
      }
      const { kind } = decision.reason;
      if (kind !== "quota-exceeded" && kind !== "network-full")
        throw this.#refusalOf(caller, asked, decision.reason);
      // What has ended since the last look must not keep anybody waiting or out. Meanwhile all may be different: decided anew.
      if (!isReaped) {
        await worker.ask("reap", {});
        continue;
      }
      const holders = known
        .all()
        .filter(
          ({ uid, plan }) =>
            plan.network === asked.network && (kind === "network-full" || uid === caller.uid),
        );
      if (!(await this.#isOneFreed(holders, deadline))) throw this.#refusalOf(caller, asked, decision.reason);
    }
  }

  /** Waits for the end of one of these that is ending; false when none is, or not before the deadline. */
  async #isOneFreed(attachments: readonly AttachmentFacts[], deadline: number): Promise<boolean> {
    const { known } = this.options;
    const ending = attachments.filter(({ state }) => state === "detaching");
    if (ending.length === 0) return false;
    const isFreed = () => ending.some(({ id }) => known.get(id) === undefined);
    await known.waitUntil(isFreed, Math.max(0, deadline - performance.now()));
    return isFreed();
  }

  #refusalOf(caller: Caller, intent: AttachIntent, { kind, text }: DenialReason): Refusal {
    const refused = (code: RefusalCode, what: string) =>
      new Refusal(code, `${what} (reference ${this.#auditDenial(caller, intent, text)})`);
    switch (kind) {
      case "malformed":
        return refused("invalid", "malformed request");
      case "network-full":
        return refused("exhausted", "the network is full");
      case "quota-exceeded": {
        const what = quotas.find((quota) => text.startsWith(quota)) ?? "attachments";
        return refused("exhausted", `your quota of ${what} is used up`);
      }
      default:
        return this.#denied(caller, intent, text);
    }
  }

  /** From the decision to here nothing waits: what was decided is what is charged (Q7). */
  #charge(
    caller: Caller,
    intent: AttachIntent,
    { netns, approved }: { readonly netns: NamespaceFacts; readonly approved: ApprovedPlan },
  ) {
    // Where the decision has waited, the same request may have come again.
    const overtaken = this.#repeated(caller, intent, netns);
    if (overtaken) return overtaken;
    const { audit, known, generation } = this.options;
    const plan = planOf(approved, {
      conflistHash: generation().factsOf(approved.network.name).conflistHash,
      keptAddresses: generation().keptAddressesOf(approved.network.name),
      interface: intent.interface,
      request: digestOf(intent),
      callerDepth: caller.depth,
      namespaceDepth: netns.depth,
    });
    const intended = intendedAttachment(caller, intent.idempotencyKey, netns, plan);
    const action = {
      ref: newReference(),
      attachment: intended.id,
      ...this.#request(caller, intent),
      rule: plan.rule,
    };
    audit.commit({ event: "allow", ...action });
    known.set(intended);
    return { intended, action };
  }

  /** An attachment that is in no log is none: it is taken back (Q9). */
  async #commitAttached(event: AuditEvent & { readonly attachment: string }): Promise<void> {
    try {
      this.options.audit.commit(event);
    } catch (error) {
      await this.#takeBack(event.attachment);
      throw error;
    }
  }

  async #takeBack(id: string): Promise<void> {
    try {
      await this.options.worker.ask("takeBack", { id });
    } catch (error) {
      // The worker tries it again by itself, and says so.
      if (!(error instanceof Refusal)) throw error;
    }
  }

  #failed(error: unknown, event: AuditEvent & { readonly ref: string }, started: number): Refusal {
    if (error instanceof Refusal && error.code === "denied") return error;
    const durationMs = Math.round(performance.now() - started);
    this.options.audit.note({ ...event, reason: reasonOf(error), durationMs });
    if (error instanceof Refusal && error.code !== "failed") return error;
    const text = `the network could not be attached (reference ${event.ref})`;
    return new Refusal("failed", text, { cause: error });
  }

  #denied(caller: Caller, intent: AttachIntent, reason: string): Refusal {
    const ref = this.#auditDenial(caller, intent, reason);
    return new Refusal(
      "denied",
      `you are not permitted to use it (reference ${ref}: the administrator finds it in the audit log)`,
    );
  }

  #auditDenial(caller: Caller, intent: AttachIntent, reason: string): string {
    return this.options.audit.noteLimited({ event: "deny", ...this.#request(caller, intent), reason });
  }

  /** What a line says of the request that it is about. */
  #request(caller: Caller, intent: AttachIntent) {
    return {
      subject: auditSubjectOf(caller),
      network: intent.network,
      request: digestOf(intent),
      policyHash: this.options.generation().hash,
    };
  }
}

/** The same for the same words: what is asked for, whoever asks and by whatever descriptors. */
function digestOf({ network, interface: name, idempotencyKey, addresses, mac, ports }: AttachIntent): string {
  return requestDigest({
    network,
    interface: name,
    idempotencyKey,
    addresses: addresses.join(" "),
    mac: mac ?? "",
    ports: JSON.stringify(
      ports.map((port) => [port.hostIp, port.hostPort, port.containerPort, port.protocol]),
    ),
  });
}

function intendedAttachment(
  { uid }: Caller,
  idempotencyKey: string,
  { inode, id }: NamespaceFacts,
  plan: AttachmentPlan,
): AttachmentFacts {
  return {
    id: randomBytes(16).toString("hex"),
    state: "attaching",
    uid,
    idempotencyKey,
    netns: { inode, id },
    plan,
    createdAtMs: Date.now(),
    given: nothingGiven,
  };
}

/** The whole reason: a refusal's own text is the caller's, and says less. */
function reasonOf(error: unknown): string {
  return error instanceof Refusal && error.cause !== undefined
    ? `${error.message}: ${messageOf(error.cause)}`.replace(/^: /, "")
    : messageOf(error);
}
