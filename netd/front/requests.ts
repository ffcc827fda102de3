import { randomBytes } from "node:crypto";
import type { ApprovedPlan, Decision } from "../../policy/decide.ts";
import { type AuditEvent, newReference, requestDigest } from "../audit/audit-event.ts";
import type { AuditLog } from "../audit/audit-log.ts";
import { type AttachmentFacts, type NetnsIdentity, nothingGiven } from "../contract/attachment.ts";
import type { AttachmentPlan } from "../contract/plan.ts";
import { messageOf, Refusal } from "../errors.ts";
import type { AttachIntent } from "./attach-request.ts";
import { auditSubjectOf, type Caller } from "./caller.ts";
import type { Generation } from "./generation.ts";
import type { KnownAttachments } from "./known-attachments.ts";
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

/** What callers ask for: decided here, written into the audit log, done by the worker. */
export class Requests {
  constructor(private readonly options: RequestsOptions) {}

  /** Decides about an Attach without doing it. Throws Refusal. */
  async check(caller: Caller, intent: AttachIntent): Promise<void> {
    const plan = await this.#withFreeSlot(caller, intent, (approved) => approved);
    this.options.audit.noteLimited({
      event: "allow",
      ...this.#request(caller, intent),
      rule: plan.rule,
      reason: "only asked",
    });
  }

  /**
   * Attaches the caller's namespace; the same key, namespace and request get the same answer. What nobody waits for any
   * more when the signal aborts is taken back. Throws Refusal.
   */
  async attach(caller: Caller, intent: AttachIntent, signal: AbortSignal): Promise<AttachmentFacts> {
    const started = performance.now();
    const { connection } = caller;
    const { netnsFd, leaseFd, idempotencyKey } = intent;
    const asked = { connection, netnsFd, leaseFd };
    const netns = await this.#verified(caller, intent, this.options.worker.ask("look", asked));
    const repeated = await this.#repeated(caller, intent, netns);
    if (repeated) return repeated;
    const charge = (approved: ApprovedPlan) => {
      signal.throwIfAborted();
      return this.#charge(caller, intent, netns, approved);
    };
    const { plan, intended, action } = await this.#withFreeSlot(caller, intent, charge);
    const takeBack = () => void this.#takeBack(intended.id);
    signal.addEventListener("abort", takeBack, { once: true });
    try {
      signal.throwIfAborted();
      const order = { ...asked, id: intended.id, idempotencyKey, plan };
      const attached = await this.#verified(caller, intent, this.options.worker.ask("attach", order));
      await this.#commitAttached({
        event: "attach",
        ...action,
        addresses: attached.given.addresses,
        durationMs: Math.round(performance.now() - started),
      });
      return attached;
    } catch (error) {
      // What the worker has begun it tells of; what it has not is forgotten.
      if (this.options.known.get(intended.id) === intended) this.options.known.remove(intended.id);
      throw this.#failed(error, { event: "failure", action: "attach", ...action }, started);
    } finally {
      signal.removeEventListener("abort", takeBack);
    }
  }

  /** Ends an attachment of the caller's. Returns when that is durable (F5: unknown ids are fine). */
  async detach(caller: Caller, id: string): Promise<void> {
    await this.options.worker.ask("detach", { connection: caller.connection, id });
  }

  /** The caller's attachments, oldest first. */
  ofUser(uid: number): AttachmentFacts[] {
    return this.options.known.ofUser(uid);
  }

  /** How many of the user's slots on a network are charged, half-made and half-undone ones included. */
  used(uid: number, network: string): number {
    return this.ofUser(uid).filter((attachment) => attachment.network === network).length;
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

  async #repeated(
    caller: Caller,
    intent: AttachIntent,
    netns: NetnsIdentity,
  ): Promise<AttachmentFacts | undefined> {
    const found = this.ofUser(caller.uid).find(
      ({ idempotencyKey }) => idempotencyKey === intent.idempotencyKey,
    );
    if (!found) return undefined;
    const isSame =
      found.network === intent.network &&
      found.interface === intent.interface &&
      found.netns.inode === netns.inode &&
      found.netns.id === netns.id;
    if (!isSame || found.state === "detaching")
      throw new Refusal(
        "conflict",
        "idempotency_key was used for another attachment, or for one that is ending",
      );
    const state = () => this.options.known.get(found.id)?.state;
    await this.options.known.waitUntil(() => state() !== "attaching", attachWaitMs);
    const now = this.options.known.get(found.id);
    if (now?.state === "attached") return now;
    throw new Refusal("failed", "the network could not be attached the first time");
  }

  /**
   * Decides, waits as long as that may free a slot, and does `take` in the same moment as the decision: nothing comes
   * between what was decided and what is charged, however many waited for the same slot (Q7). Throws Refusal.
   */
  async #withFreeSlot<Taken>(
    caller: Caller,
    intent: AttachIntent,
    take: (plan: ApprovedPlan) => Taken,
  ): Promise<Taken> {
    const deadline = performance.now() + slotWaitMs;
    for (;;) {
      const decision = this.#decide(caller, intent);
      if (decision.outcome === "allow") return take(decision.plan);
      const { kind, text } = decision.reason;
      if (kind !== "quota-exceeded" && kind !== "network-full") throw this.#denied(caller, intent, text);
      // What has ended since the last look must not keep anybody waiting or out.
      await this.options.worker.ask("reap", {});
      const holders = this.#onNetwork(intent.network).filter(
        ({ uid }) => kind === "network-full" || uid === caller.uid,
      );
      if (await this.#isOneFreed(holders, deadline)) continue;
      const ref = this.#auditDenial(caller, intent, text);
      const what = kind === "network-full" ? "the network is full" : "your quota of attachments is used up";
      throw new Refusal("exhausted", `${what} (reference ${ref})`);
    }
  }

  #decide(caller: Caller, { network }: AttachIntent): Decision {
    return this.options.generation().decide(caller, {
      network,
      attachmentsUsed: this.used(caller.uid, network),
      networkAttachmentsUsed: this.#onNetwork(network).length,
    });
  }

  #onNetwork(network: string): AttachmentFacts[] {
    return this.options.known.all().filter((attachment) => attachment.network === network);
  }

  /** Waits for the end of one of these that is ending; false when none is, or not before the deadline. */
  async #isOneFreed(attachments: readonly AttachmentFacts[], deadline: number): Promise<boolean> {
    const ending = attachments.filter(({ state }) => state === "detaching");
    if (ending.length === 0) return false;
    const isFreed = () => ending.some(({ id }) => this.options.known.get(id) === undefined);
    await this.options.known.waitUntil(isFreed, Math.max(0, deadline - performance.now()));
    return isFreed();
  }

  /** From the decision to here nothing waits: what was decided is what is charged (Q7). */
  #charge(caller: Caller, intent: AttachIntent, netns: NetnsIdentity, approved: ApprovedPlan) {
    const plan = this.#planOf(approved, intent);
    const intended = intendedAttachment(caller, intent, netns, plan);
    const action = {
      ref: newReference(),
      attachment: intended.id,
      ...this.#request(caller, intent),
      rule: plan.rule,
    };
    this.options.audit.commit({ event: "allow", ...action });
    this.options.known.set(intended);
    return { plan, intended, action };
  }

  #planOf(approved: ApprovedPlan, intent: AttachIntent): AttachmentPlan {
    return {
      network: approved.network.name,
      conflistHash: this.options.generation().factsOf(approved).conflistHash,
      interface: intent.interface,
      masquerade: approved.network.masquerade,
      rule: approved.rule,
    };
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
      request: requestDigest({ ...intent }),
      policyHash: this.options.generation().hash,
    };
  }
}

function intendedAttachment(
  { uid }: Caller,
  { idempotencyKey }: AttachIntent,
  netns: NetnsIdentity,
  { network, interface: interfaceName, rule }: AttachmentPlan,
): AttachmentFacts {
  return {
    id: randomBytes(16).toString("hex"),
    state: "attaching",
    uid,
    network,
    interface: interfaceName,
    idempotencyKey,
    netns,
    rule,
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
