import { randomBytes } from "node:crypto";
import type { AuditEvent } from "../audit/audit-event.ts";
import { type AttachmentFacts, nothingGiven } from "../contract/attachment.ts";
import type { AttachmentPlan } from "../contract/plan.ts";
import { messageOf, Refusal } from "../errors.ts";
import { Turns } from "../fairness/turns.ts";
import type { AttachmentRecord } from "../journal/record.ts";
import { type Lease, reopenLease } from "../netns/lease.ts";
import type { VerifiedNetns } from "../netns/verify-netns.ts";
import type { Peer } from "../peer/identify-peer.ts";
import { subjectOf } from "./audit-subject.ts";
import { beginAttach, executeAttach, executeDetach, type Machine, residueOf, resultOf } from "./executor.ts";
import { LostPorts } from "./lost-ports.ts";
import { Reaper } from "./reaper.ts";
import { machineProbe, planRecovery, reassert } from "./recovery.ts";

/** An attach whose caller, namespace and plan were verified. */
export interface AttachOrder {
  readonly id: string;
  readonly uid: number;
  readonly idempotencyKey: string;
  readonly netns: VerifiedNetns;
  readonly lease: Lease;
  readonly plan: AttachmentPlan;
  /** Exact text of the conflist that the plan is about. */
  readonly conflist: string;
}

/** Told of everything that becomes of attachments, in order. */
export interface AttachmentEvents {
  readonly changed: (attachment: AttachmentFacts) => void;
  readonly gone: (id: string) => void;
  /** What was done without anybody waiting for the answer; for the audit log. */
  readonly happened: (event: AuditEvent) => void;
}

/** What Attachments is made of; all of it outlives it. */
export interface AttachmentsOptions {
  readonly machine: Machine;
  readonly bootId: string;
  readonly events: AttachmentEvents;
}

/** An attach under way: its end, and what makes it leave the queue while it still waits there. */
interface Attaching {
  readonly done: Promise<AttachmentRecord>;
  readonly giveUp: AbortController;
}

const firstRetryMs = 1000;
const longestRetryMs = 60_000;

/** All attachments of all users: the one place where they are begun and ended. Decides nothing. */
export class Attachments implements AsyncDisposable {
  /** Networks are not shared at a time; several of them are. */
  readonly #turns = new Turns({ atOnce: 4, atOncePerUid: 2 });
  readonly #reaper = new Reaper();
  /** Effects under way, by attachment. */
  readonly #attaching = new Map<string, Attaching>();
  readonly #detaching = new Map<string, Promise<void>>();
  readonly #retries = new Set<NodeJS.Timeout>();
  readonly #lostPorts: LostPorts;
  #closed = false;

  constructor(private readonly options: AttachmentsOptions) {
    this.#lostPorts = new LostPorts({
      machine: options.machine,
      inTurn: ({ uid, plan }, effects) => this.#turns.run(uid, plan.network, effects),
      happened: options.events.happened,
    });
  }

  /**
   * Attaches; what fails is undone. Takes the lease over; the namespace is used in the call itself only.
   * Throws Refusal, and whatever the effects throw.
   */
  async attach(order: AttachOrder): Promise<AttachmentFacts> {
    const record = this.#begin(order);
    const giveUp = new AbortController();
    const effects = () => executeAttach(this.options.machine, record);
    const done = this.#turns.run(record.uid, record.plan.network, effects, giveUp.signal);
    this.#attaching.set(record.id, { done, giveUp });
    try {
      const attached = await done;
      this.#attaching.delete(record.id);
      return this.#changed(attached);
    } catch (error) {
      this.#attaching.delete(record.id);
      this.#end(record, "attach failed");
      throw error;
    }
  }

  /**
   * Ends an attachment of this user's. Returns when that is durable; the effects follow (F5: unknown ids are fine).
   * Where it cannot be made durable, because the disk is full, returns when the effects are through (Q9).
   */
  async detach({ uid, depth }: Pick<Peer, "uid" | "depth">, id: string): Promise<void> {
    const record = this.options.machine.journal.get(id);
    // N12: foreign and unknown are the same nothing; so is to root of a container what its owner has (P8).
    if (record?.uid !== uid || record.plan.callerDepth < depth) return;
    await this.end(id, "asked by its owner");
  }

  /** Ends an attachment, whoever's it is; as {@link detach}. */
  async end(id: string, why: string): Promise<void> {
    const record = this.options.machine.journal.get(id);
    if (!record || this.#end(record, why).isDurable) return;
    try {
      await this.#detaching.get(id);
    } catch (cause) {
      throw new Refusal("unavailable", "it could not be detached yet; it is tried again", { cause });
    }
  }

  /** Runs it while no plugin does, and none is started. */
  whileIdle<T>(look: () => Promise<T>): Promise<T> {
    return this.#turns.runAlone(look);
  }

  /** Attaches and detaches that wait for their turn. */
  get turnsWaiting(): number {
    return this.#turns.waitingCount;
  }

  /**
   * Asks the plugins of everything that is attached whether it is still as they made it, one after the other; what is not
   * is said in the audit log. For the time after a start, in which nobody has looked after it.
   */
  async checkAll(): Promise<void> {
    const { machine, events } = this.options;
    for (const { id, uid, plan } of machine.journal.all()) {
      const check = async () => {
        const record = machine.journal.get(id);
        if (record?.state === "attached" && !this.#closed)
          await machine.plugins.check(record, machine.pins.pathOf(id)).catch((error: unknown) =>
            events.happened({
              event: "failure",
              ...subjectOf(record),
              reason: `not as it was made: ${messageOf(error)}`,
            }),
          );
      };
      await this.#turns.run(uid, plan.network, check);
    }
  }

  /** Ports that somebody has taken while no netd ran, of attachments that there still are; a line each. */
  lostPorts(): string[] {
    return this.#lostPorts.lines();
  }

  /** How many there are: in all, on a network, of a user. */
  loadOf(network: string, uid: number) {
    const all = this.options.machine.journal.all();
    return {
      attachments: all.length,
      onNetwork: all.filter(({ plan }) => plan.network === network).length,
      ofUser: all.filter((record) => record.uid === uid).length,
    };
  }

  /** Whether there is one with that id, in whichever state. */
  has(id: string): boolean {
    return this.options.machine.journal.get(id) !== undefined;
  }

  /** All attachments, oldest first. */
  all(): AttachmentFacts[] {
    return this.options.machine.journal.all().map((record) => this.#factsOf(record));
  }

  /** Brings the machine to what the journal says, or the journal to what the machine allows. Call once, first. */
  async recover(): Promise<void> {
    const { machine, bootId } = this.options;
    const probe = machineProbe(machine, bootId, ({ leasePid, netnsInode, netnsId }) =>
      reopenLease(leasePid, { inode: netnsInode, id: netnsId }),
    );
    const steps = planRecovery(machine.journal.all(), probe);
    const kept = steps.filter((step) => step.kind === "keep");
    this.#lostPorts.take(await reassert(machine, kept));
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
    this.#lostPorts[Symbol.dispose]();
    for (const timer of this.#retries) clearTimeout(timer);
    const waited = new Set<Promise<unknown>>();
    const underWay = () =>
      [...[...this.#attaching.values()].map(({ done }) => done), ...this.#detaching.values()].filter(
        (effects) => !waited.has(effects),
      );
    // The end of an attach may be the beginning of a detach.
    for (let effects = underWay(); effects.length > 0; effects = underWay()) {
      for (const one of effects) waited.add(one);
      await Promise.allSettled(effects);
    }
    this.#reaper[Symbol.dispose]();
  }

  /** The journaled intent. Nothing in here waits, so that two orders never see the same machine. */
  #begin({ netns, lease, plan, ...order }: AttachOrder): AttachmentRecord {
    const { machine, bootId } = this.options;
    const record: AttachmentRecord = {
      id: order.id,
      state: "attaching",
      bootId,
      uid: order.uid,
      idempotencyKey: order.idempotencyKey,
      containerId: `c${randomBytes(16).toString("hex").slice(1)}`,
      netnsInode: netns.inode,
      netnsId: netns.id,
      leasePid: lease.pid,
      plan,
      conflist: order.conflist,
      result: "",
      hostEnd: null,
      createdAtMs: Date.now(),
    };
    try {
      this.#requireFree(record);
      beginAttach(machine, record, netns.fd);
    } catch (error) {
      lease[Symbol.dispose]();
      if (machine.journal.get(record.id)?.containerId === record.containerId)
        this.#end(record, "attach failed");
      throw error;
    }
    this.#reaper.watch(record.id, lease);
    this.#changed(record);
    return record;
  }

  #requireFree(record: AttachmentRecord): void {
    const { journal } = this.options.machine;
    if (this.#closed) throw new Refusal("unavailable", "cntnr-netd is stopping");
    if (journal.get(record.id)) throw new Refusal("conflict", "that attachment is there already");
    const isSameInterface = (other: AttachmentRecord) =>
      other.netnsInode === record.netnsInode &&
      other.netnsId === record.netnsId &&
      other.plan.interface === record.plan.interface;
    if (journal.all().some(isSameInterface))
      throw new Refusal("conflict", "that interface is attached already");
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
      // What waits for its turn gives that up. What runs has to finish first: two sequences must never work on one
      // attachment. One that fails ends by itself.
      attaching.giveUp.abort(new Refusal("unavailable", `given up: ${why}`));
      void attaching.done.then((attached) => this.#end(attached, why)).catch(() => undefined);
      return { isDurable: true };
    }
    this.#reaper.forget(record.id);
    const { record: ending, isDurable } = journal.end(record.id);
    this.#changed(ending);
    this.#detachUntilDone(ending, why, firstRetryMs);
    return { isDurable };
  }

  #detachUntilDone(record: AttachmentRecord, why: string, retryMs: number): void {
    const { machine, events } = this.options;
    const started = performance.now();
    const done = this.#turns.run(record.uid, record.plan.network, () => executeDetach(machine, record));
    this.#detaching.set(record.id, done);
    const event = (outcome: AuditEvent): AuditEvent => ({
      ...subjectOf(record),
      residue: residueOf(machine, record),
      ...outcome,
    });
    done
      .then(() => {
        this.#detaching.delete(record.id);
        events.gone(record.id);
        const durationMs = Math.round(performance.now() - started);
        events.happened(event({ event: "detach", reason: why, durationMs }));
      })
      .catch((error: unknown) => {
        events.happened(event({ event: "failure", action: "detach", reason: messageOf(error) }));
        if (this.#closed) return;
        const timer = setTimeout(() => {
          this.#retries.delete(timer);
          this.#detachUntilDone(record, why, Math.min(retryMs * 2, longestRetryMs));
        }, retryMs);
        this.#retries.add(timer);
      });
  }

  #changed(record: AttachmentRecord): AttachmentFacts {
    const facts = this.#factsOf(record);
    this.options.events.changed(facts);
    return facts;
  }

  #factsOf(record: AttachmentRecord): AttachmentFacts {
    const { id, state, uid, idempotencyKey, plan, createdAtMs } = record;
    const { given = nothingGiven } = resultOf(this.options.machine.plugins, record) ?? {};
    return {
      id,
      state,
      uid,
      idempotencyKey,
      netns: { inode: record.netnsInode, id: record.netnsId },
      plan,
      createdAtMs,
      given,
    };
  }
}
