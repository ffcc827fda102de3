import { randomBytes } from "node:crypto";
import type { ApprovedPlan } from "../../policy/decide.ts";
import type { AuditEvent, AuditLog } from "../audit/audit-log.ts";
import { newReference } from "../audit/audit-log.ts";
import { KeyedSerializer } from "../cni/serial.ts";
import { messageOf, Refusal } from "../errors.ts";
import type { AttachmentRecord } from "../journal/record.ts";
import { reopenLease, takeLease } from "../netns/lease.ts";
import { NetnsRefused, takeNetns, type VerifiedNetns } from "../netns/verify-netns.ts";
import type { Peer } from "../peer/identify-peer.ts";
import type { Generation } from "../policy-generation.ts";
import type { AttachIntent } from "./attach-request.ts";
import { beginAttach, executeAttach, executeDetach, type Machine } from "./executor.ts";
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
    await this.#decideWithFreeSlot(peer, intent.network);
  }

  /** Attaches the peer's namespace; the same key, namespace and request get the same answer. Throws Refusal. */
  async attach(peer: Peer, intent: AttachIntent): Promise<AttachmentRecord> {
    const started = performance.now();
    using netns = this.#verified(peer, intent, () => takeNetns(peer, intent.netnsFd));
    const repeated = await this.#repeated(peer, intent, netns);
    if (repeated) return repeated;
    const plan = await this.#decideWithFreeSlot(peer, intent.network);
    // From here to the journaled intent nothing waits: what was decided is what is charged (Q7).
    const record = this.#begin(peer, intent, netns, plan);
    const done = this.#serializer.run(record.network, () => executeAttach(this.options.machine, record));
    this.#attaching.set(record.id, done);
    try {
      const attached = await done;
      this.#audit({
        event: "attach",
        ...factsOf(attached),
        subject: subjectOf(peer),
        durationMs: since(started),
      });
      return attached;
    } catch (error) {
      throw this.#failed(peer, record, error);
    } finally {
      this.#attaching.delete(record.id);
    }
  }

  /** Ends an attachment of this user's. Returns when that is durable; the effects follow (F5: unknown ids are fine). */
  async detach(uid: number, id: string): Promise<void> {
    const record = this.options.machine.journal.get(id);
    if (record?.uid !== uid) return; // N12: foreign and unknown are the same nothing.
    this.#end(record, "asked by its owner");
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

  /** Ends what belonged to containers that are gone. Call several times a second. */
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
      throw this.#denied(peer, intent.network, error.message);
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

  async #decideWithFreeSlot(peer: Peer, network: string): Promise<ApprovedPlan> {
    const decide = () =>
      this.options.generation().decide(peer, { network, attachmentsUsed: this.used(peer.uid, network) });
    let decision = decide();
    if (decision.outcome === "deny" && decision.reason.kind === "quota-exceeded") {
      await this.#freedSlots(peer.uid, network);
      decision = decide();
    }
    if (decision.outcome === "allow") return decision.plan;
    if (decision.reason.kind !== "quota-exceeded") throw this.#denied(peer, network, decision.reason.text);
    const ref = this.#auditDenial(peer, network, decision.reason.text);
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

  #begin(peer: Peer, intent: AttachIntent, netns: VerifiedNetns, plan: ApprovedPlan): AttachmentRecord {
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
    this.#reaper.watch(record.id, lease);
    try {
      beginAttach(machine, record, netns.fd);
    } catch (error) {
      throw this.#failed(peer, record, error);
    }
    this.#audit({ event: "allow", ...factsOf(record), subject: subjectOf(peer) });
    return record;
  }

  #failed(peer: Peer, record: AttachmentRecord, error: unknown): Refusal {
    const ref = newReference();
    this.#audit({
      event: "failure",
      ref,
      ...factsOf(record),
      subject: subjectOf(peer),
      reason: messageOf(error),
    });
    this.#attaching.delete(record.id);
    this.#end(record, "attach failed");
    return new Refusal("failed", `the network could not be attached (reference ${ref})`, { cause: error });
  }

  #denied(peer: Peer, network: string, reason: string): Refusal {
    const ref = this.#auditDenial(peer, network, reason);
    return new Refusal(
      "denied",
      `you are not permitted to use it (reference ${ref}: the administrator finds it in the audit log)`,
    );
  }

  #auditDenial(peer: Peer, network: string, reason: string): string {
    const ref = newReference();
    this.#audit({ event: "deny", ref, network, subject: subjectOf(peer), reason });
    return ref;
  }

  /** Promises the end in the journal, then brings it about. */
  #end(record: AttachmentRecord, why: string): void {
    const { journal } = this.options.machine;
    const known = journal.get(record.id);
    if (!known || this.#detaching.has(record.id)) {
      if (!known) this.#reaper.forget(record.id);
      return;
    }
    const attaching = this.#attaching.get(record.id);
    if (attaching) {
      // Let it finish first: two sequences must never work on one attachment.
      void attaching.then((attached) => this.#end(attached, why)).catch(() => undefined);
      return;
    }
    this.#reaper.forget(record.id);
    this.#detachUntilDone(journal.update(record.id, { state: "detaching" }), why, firstRetryMs);
  }

  #detachUntilDone(record: AttachmentRecord, why: string, retryMs: number): void {
    const started = performance.now();
    const done = this.#serializer.run(record.network, () => executeDetach(this.options.machine, record));
    this.#detaching.set(record.id, done);
    done
      .then(() => {
        this.#detaching.delete(record.id);
        this.#audit({ event: "detach", ...factsOf(record), reason: why, durationMs: since(started) });
      })
      .catch((error: unknown) => {
        this.#audit({ event: "failure", ...factsOf(record), reason: `detach: ${messageOf(error)}` });
        if (this.#closed) return;
        const timer = setTimeout(() => {
          this.#retries.delete(timer);
          this.#detachUntilDone(record, why, Math.min(retryMs * 2, longestRetryMs));
        }, retryMs);
        this.#retries.add(timer);
      });
  }

  #audit(event: AuditEvent): void {
    this.options.audit.write({ ...event, policyHash: this.options.generation().hash });
  }
}

function subjectOf({ uid, gid, groups, pid }: Peer) {
  return { uid, gid, groups, pid };
}

function factsOf(record: AttachmentRecord) {
  return { attachment: record.id, uid: record.uid, network: record.network, rule: record.rule };
}

function since(started: number): number {
  return Math.round(performance.now() - started);
}
