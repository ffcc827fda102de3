import { randomBytes } from "node:crypto";
import type { ApprovedPlan } from "../../policy/decide.ts";
import { type AuditEvent, newReference, requestDigest } from "../audit/audit-event.ts";
import type { AuditLog } from "../audit/audit-log.ts";
import { KeyedSerializer } from "../cni/serial.ts";
import { messageOf, Refusal } from "../errors.ts";
import type { AttachmentRecord } from "../journal/record.ts";
import { reopenLease, takeLease } from "../netns/lease.ts";
import { NetnsRefused, takeNetns, type VerifiedNetns } from "../netns/verify-netns.ts";
import { auditSubjectOf, type Peer } from "../peer/identify-peer.ts";
import type { Generation } from "../policy-generation.ts";
import type { AttachIntent } from "./attach-request.ts";
import {
  addressesOf,
  beginAttach,
  executeAttach,
  executeDetach,
  type Machine,
  residueOf,
} from "./executor.ts";
import { Reaper } from "./reaper.ts";
import { planRecovery } from "./recovery.ts";

/** What Attachments is made of; all of it is netd's own and outlives it. */
export interface AttachmentsOptions {
  readonly machine: Machine;
  readonly audit: AuditLog;
  readonly bootId: string;
  /** The policy in force; asked anew for each request. */
  readonly generation: () => Generation;
}

/** Longest wait of an Attach for the caller's own detaches, when it needs one of their slots. */
const slotWaitMs = 10_000;
const firstRetryMs = 1000;
const longestRetryMs = 60_000;

/** All attachments of all users: the one place where they are begun and ended. */
export class Attachments implements AsyncDisposable {
  readonly #serializer = new KeyedSerializer();
  readonly #reaper = new Reaper();
  /** Effects under way, by attachment. */
  readonly #attaching = new Map<string, Promise<AttachmentRecord>>();
  readonly #detaching = new Map<string, Promise<void>>();
  readonly #retries = new Set<NodeJS.Timeout>();
  #closed = false;

  constructor(private readonly options: AttachmentsOptions) {}

  /** Decides about an Attach without doing it. Throws Refusal. */
  async check(peer: Peer, intent: AttachIntent): Promise<void> {
    const plan = await this.#decideWithFreeSlot(peer, intent);
    this.options.audit.noteLimited({
      event: "allow",
      ...this.#request(peer, intent),
      rule: plan.rule,
      reason: "only asked",
    });
  }

  /** Attaches the peer's namespace; the same key, namespace and request get the same answer. Throws Refusal. */
  async attach(peer: Peer, intent: AttachIntent): Promise<AttachmentRecord> {
    const started = performance.now();
    using netns = this.#verified(peer, intent, () => takeNetns(peer, intent.netnsFd));
    const repeated = await this.#repeated(peer, intent, netns);
    if (repeated) return repeated;
    const plan = await this.#decideWithFreeSlot(peer, intent);
    // From here to the journaled intent nothing waits: what was decided is what is charged (Q7).
    const ref = newReference();
    const record = this.#begin(peer, intent, netns, { plan, ref });
    const done = this.#serializer.run(record.network, () => executeAttach(this.options.machine, record));
    this.#attaching.set(record.id, done);
    try {
      const attached = await done;
      // An attachment that is in no log is none: it is undone (Q9).
      this.options.audit.commit({
        event: "attach",
        ref,
        ...factsOf(attached),
        ...this.#request(peer, intent),
        addresses: addressesOf(this.options.machine.plugins, attached),
        durationMs: since(started),
      });
      return attached;
    } catch (error) {
      throw this.#failed(peer, record, { ref, error, durationMs: since(started) });
    } finally {
      this.#attaching.delete(record.id);
    }
  }

  /**
   * Ends an attachment of this user's. Returns when that is durable; the effects follow (F5: unknown ids are fine).
   * Where it cannot be made durable, because the disk is full, returns when the effects are through (Q9).
   */
  async detach(uid: number, id: string): Promise<void> {
    const record = this.options.machine.journal.get(id);
    if (record?.uid !== uid) return; // N12: foreign and unknown are the same nothing.
    if (this.#end(record, "asked by its owner").isDurable) return;
    try {
      await this.#detaching.get(id);
    } catch (cause) {
      throw new Refusal("unavailable", "it could not be detached yet; it is tried again", { cause });
    }
  }

  /** The user's records, oldest first. */
  ofUser(uid: number): AttachmentRecord[] {
    return this.options.machine.journal.ofUser(uid);
  }

  /** How many of the user's slots on a network are charged, half-made and half-undone ones included. */
  used(uid: number, network: string): number {
    return this.ofUser(uid).filter((record) => record.network === network).length;
  }

  /** Brings the machine to what the journal says, or the journal to what the machine allows. Call once, first. */
  async recover(): Promise<void> {
    const { journal, pins, plugins, masquerade } = this.options.machine;
    const steps = planRecovery(journal.all(), {
      bootId: this.options.bootId,
      isPinned: (record) => pins.holds(record.id, { inode: record.netnsInode, id: record.netnsId }),
      lease: (record) => reopenLease(record.leasePid, { inode: record.netnsInode, id: record.netnsId }),
    });
    const kept = steps.filter((step) => step.kind === "keep");
    await masquerade.reset(
      new Map(
        kept
          .filter(({ record }) => record.masquerade)
          .map(({ record }) => [record.id, plugins.parseResult(record.result).addresses]),
      ),
    );
    for (const { record, lease } of kept) this.#reaper.watch(record.id, lease);
    for (const step of steps) if (step.kind === "detach") this.#end(step.record, step.why);
  }

  /**
   * Ends what belonged to containers that are gone: the usual end of an attachment, whoever was killed, and without anybody
   * having to ask for it. Call several times a second.
   */
  reap(): void {
    for (const id of this.#reaper.expired()) {
      const record = this.options.machine.journal.get(id);
      if (record) this.#end(record, "its container has ended");
      else this.#reaper.forget(id);
    }
  }

  /** Waits for the effects under way; nothing new is begun. What waits for a retry stays journaled. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    for (const timer of this.#retries) clearTimeout(timer);
    await Promise.allSettled([...this.#attaching.values(), ...this.#detaching.values()]);
    this.#reaper[Symbol.dispose]();
  }

  /** Turns what the kernel says of a caller's descriptor into the one denial that callers see (N3). */
  #verified<T>(peer: Peer, intent: AttachIntent, take: () => T): T {
    try {
      return take();
    } catch (error) {
      if (!(error instanceof NetnsRefused)) throw error;
      throw this.#denied(peer, intent, error.message);
    }
  }

  async #repeated(
    peer: Peer,
    intent: AttachIntent,
    netns: VerifiedNetns,
  ): Promise<AttachmentRecord | undefined> {
    const sameKey = (record: AttachmentRecord) => record.idempotencyKey === intent.idempotencyKey;
    const found = this.ofUser(peer.uid).find(sameKey);
    if (!found) return undefined;
    const same =
      found.network === intent.network &&
      found.interface === intent.interface &&
      found.netnsInode === netns.inode &&
      found.netnsId === netns.id;
    if (!same || found.state === "detaching")
      throw new Refusal(
        "conflict",
        "idempotency_key was used for another attachment, or for one that is ending",
      );
    return (
      (await this.#attaching.get(found.id)?.catch(() => undefined)) ??
      this.options.machine.journal.get(found.id)
    );
  }

  async #decideWithFreeSlot(peer: Peer, intent: AttachIntent): Promise<ApprovedPlan> {
    const { network } = intent;
    const decide = () =>
      this.options.generation().decide(peer, { network, attachmentsUsed: this.used(peer.uid, network) });
    let decision = decide();
    if (decision.outcome === "deny" && decision.reason.kind === "quota-exceeded") {
      // What has ended since the last look must not keep anybody waiting or out.
      this.reap();
      await this.#freedSlots(peer.uid, network);
      decision = decide();
    }
    if (decision.outcome === "allow") return decision.plan;
    if (decision.reason.kind !== "quota-exceeded") throw this.#denied(peer, intent, decision.reason.text);
    const ref = this.#auditDenial(peer, intent, decision.reason.text);
    throw new Refusal("exhausted", `your quota of attachments is used up (reference ${ref})`);
  }

  /** Waits until the user's detaches on that network are through, not for longer than {@link slotWaitMs}. */
  async #freedSlots(uid: number, network: string): Promise<void> {
    const pending = this.ofUser(uid)
      .filter((record) => record.network === network)
      .flatMap((record) => this.#detaching.get(record.id) ?? []);
    if (pending.length === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, slotWaitMs);
    await Promise.race([promise, Promise.any(pending).catch(() => undefined)]);
    clearTimeout(timer);
  }

  #begin(
    peer: Peer,
    intent: AttachIntent,
    netns: VerifiedNetns,
    { plan, ref }: { readonly plan: ApprovedPlan; readonly ref: string },
  ): AttachmentRecord {
    const { machine, bootId } = this.options;
    if (this.#closed) throw new Refusal("unavailable", "cntnr-netd is stopping");
    const taken = (record: AttachmentRecord) =>
      record.netnsInode === netns.inode &&
      record.netnsId === netns.id &&
      record.interface === intent.interface;
    if (machine.journal.all().some(taken))
      throw new Refusal("conflict", "that interface is attached already");
    const lease = this.#verified(peer, intent, () => takeLease(peer, intent.leaseFd, netns));
    const record: AttachmentRecord = {
      id: randomBytes(16).toString("hex"),
      state: "attaching",
      bootId,
      uid: peer.uid,
      network: plan.network.name,
      interface: intent.interface,
      idempotencyKey: intent.idempotencyKey,
      containerId: `c${randomBytes(16).toString("hex").slice(1)}`,
      netnsInode: netns.inode,
      netnsId: netns.id,
      leasePid: lease.pid,
      conflist: this.options.generation().conflistText(plan),
      masquerade: plan.network.masquerade,
      result: "",
      rule: plan.rule,
      createdAtMs: Date.now(),
    };
    try {
      this.options.audit.commit({
        event: "allow",
        ref,
        ...factsOf(record),
        ...this.#request(peer, intent),
      });
    } catch (error) {
      lease[Symbol.dispose]();
      throw error;
    }
    this.#reaper.watch(record.id, lease);
    try {
      beginAttach(machine, record, netns.fd);
    } catch (error) {
      throw this.#failed(peer, record, { ref, error });
    }
    return record;
  }

  #failed(
    peer: Peer,
    record: AttachmentRecord,
    { ref, error, durationMs }: { ref: string; error: unknown; durationMs?: number },
  ): Refusal {
    this.#audit({
      event: "failure",
      action: "attach",
      ref,
      ...factsOf(record),
      subject: auditSubjectOf(peer),
      reason: reasonOf(error),
      ...(durationMs === undefined ? {} : { durationMs }),
    });
    this.#attaching.delete(record.id);
    this.#end(record, "attach failed");
    if (error instanceof Refusal) return error;
    return new Refusal("failed", `the network could not be attached (reference ${ref})`, { cause: error });
  }

  #denied(peer: Peer, intent: AttachIntent, reason: string): Refusal {
    const ref = this.#auditDenial(peer, intent, reason);
    return new Refusal(
      "denied",
      `you are not permitted to use it (reference ${ref}: the administrator finds it in the audit log)`,
    );
  }

  #auditDenial(peer: Peer, intent: AttachIntent, reason: string): string {
    return this.options.audit.noteLimited({ event: "deny", ...this.#request(peer, intent), reason });
  }

  /** What a line says of the request that it is about. */
  #request(peer: Peer, intent: AttachIntent) {
    return {
      subject: auditSubjectOf(peer),
      network: intent.network,
      request: requestDigest({ ...intent }),
      policyHash: this.options.generation().hash,
    };
  }

  /** Promises the end in the journal, then brings it about. `isDurable` is false when the promise could not be written. */
  #end(record: AttachmentRecord, why: string): { readonly isDurable: boolean } {
    const { journal } = this.options.machine;
    const known = journal.get(record.id);
    if (!known || this.#detaching.has(record.id)) {
      if (!known) this.#reaper.forget(record.id);
      return { isDurable: true };
    }
    const attaching = this.#attaching.get(record.id);
    if (attaching) {
      // Let it finish first: two sequences must never work on one attachment.
      void attaching.then((attached) => this.#end(attached, why)).catch(() => undefined);
      return { isDurable: true };
    }
    this.#reaper.forget(record.id);
    const { record: ending, isDurable } = journal.end(record.id);
    this.#detachUntilDone(ending, why, firstRetryMs);
    return { isDurable };
  }

  #detachUntilDone(record: AttachmentRecord, why: string, retryMs: number): void {
    const started = performance.now();
    const done = this.#serializer.run(record.network, () => executeDetach(this.options.machine, record));
    this.#detaching.set(record.id, done);
    done
      .then(() => {
        this.#detaching.delete(record.id);
        this.#audit({
          event: "detach",
          ...factsOf(record),
          reason: why,
          durationMs: since(started),
          residue: residueOf(this.options.machine, record),
        });
      })
      .catch((error: unknown) => {
        this.#audit({
          event: "failure",
          action: "detach",
          ...factsOf(record),
          reason: reasonOf(error),
          residue: residueOf(this.options.machine, record),
        });
        if (this.#closed) return;
        const timer = setTimeout(() => {
          this.#retries.delete(timer);
          this.#detachUntilDone(record, why, Math.min(retryMs * 2, longestRetryMs));
        }, retryMs);
        this.#retries.add(timer);
      });
  }

  #audit(event: AuditEvent): void {
    this.options.audit.note({ ...event, policyHash: this.options.generation().hash });
  }
}

/** The whole reason: a refusal's own text is the caller's, and says less. */
function reasonOf(error: unknown): string {
  return error instanceof Refusal && error.cause !== undefined
    ? `${error.message}: ${messageOf(error.cause)}`
    : messageOf(error);
}

function factsOf(record: AttachmentRecord) {
  return { attachment: record.id, uid: record.uid, network: record.network, rule: record.rule };
}

function since(started: number): number {
  return Math.round(performance.now() - started);
}
