import { messageOf } from "../errors.ts";
import { deleteLink, LinkIndexes, setLinkDown } from "../netlink/links.ts";
import { type TableChange, TableSocket } from "../netlink/nftables.ts";
import type { PublishedPort } from "../ports/published-port.ts";
import type { FilteredAttachment } from "./attachment.ts";
import type { RunBatch } from "./commands.ts";
import { ConnectionSweep } from "./connection-sweep.ts";
import { type Differences, findDifferences } from "./differences.ts";
import { isStillThere, requireNotBridges, settleBridge, settleEnd } from "./interface-settings.ts";
import { hostInterfaceOf, KnownAttachments } from "./known-attachments.ts";
import { type Birthplace, StrayEnds } from "./stray-ends.ts";
import { TableWatch } from "./table-watch.ts";
import {
  addChanges,
  attachedElement,
  muteChanges,
  removeChanges,
  resetTransaction,
  type Surroundings,
  sharedTransaction,
} from "./transactions.ts";

export interface FilterOptions {
  readonly runBatch: RunBatch;
  /** One line for the admin: what somebody else did to the tables, and how it was mended. */
  readonly report: (line: string) => void;
}

const firstHealRetryMs = 100;
const longestHealRetryMs = 5000;

/**
 * What stands between attachments, the host and the world. Call {@link reset} first. For one attachment:
 *
 *     await using opening = await filter.open("lab0", { netnsPath, uid });   // then run the plugins' ADD
 *     await opening.add(attachment);                     // from here its packets pass
 *
 *     filter.silence(id);                                // then run the plugins' DEL (F14)
 *     await filter.remove(id);
 */
export class Filter implements AsyncDisposable {
  readonly #watch: TableWatch;
  readonly #tables = new TableSocket();
  readonly #sweep: ConnectionSweep;
  readonly #links = new LinkIndexes();
  readonly #known = new KnownAttachments();
  readonly #strays: StrayEnds;
  /** Names of the shared rules that are in the tables. */
  readonly #shared = new Set<string>();
  /** Bridges that are sealed, with their indexes. */
  readonly #bridges = new Map<string, number>();
  readonly #openings = new Set<Opening>();
  #last: Promise<unknown> = Promise.resolve();
  #healing: NodeJS.Timeout | undefined;
  #isClosed = false;
  #heals = 0;

  constructor(private readonly options: FilterOptions) {
    this.#sweep = new ConnectionSweep(options.report);
    this.#strays = new StrayEnds(this.#links, (index) => this.#known.hasEnd(index), options.report);
    this.#watch = new TableWatch(() => this.#heal(performance.now(), firstHealRetryMs));
  }

  /** Makes the tables, the seals and the ports' settings anew for exactly these attachments. */
  async reset(attachments: readonly FilteredAttachment[]): Promise<void> {
    await this.#exclusively(async () => {
      for (const { attachment } of this.#known.all()) this.#known.forget(attachment.id);
      for (const attachment of attachments) this.#known.enter(attachment);
      const present = attachments.filter(({ hostEnd }) => isStillThere(hostEnd));
      for (const { hostEnd } of present)
        if (hostEnd.kind === "bridge-port") await this.#sealBridge(hostEnd.bridge);
      for (const attachment of present) settleEnd(attachment);
      await this.#assertTables();
    });
  }

  /** How often the tables were made anew because somebody else had changed them. */
  get heals(): number {
    return this.#heals;
  }

  /** Makes the tables anew for what is known, and for nothing else. */
  async reassert(): Promise<void> {
    await this.#exclusively(() => this.#assertTables());
  }

  /**
   * To be called before plugins make an attachment, and disposed when they are through: until then nothing is heard of
   * any link that is newer than this call, unless its attachment is added. Plugins bring links up before anybody can
   * know whose they are.
   * @param bridge the bridge of the network, which need not be there yet; undefined when its plugins use none
   */
  async open(bridge: string | undefined, place: Birthplace): Promise<Opening> {
    return this.#exclusively(async () => {
      if (this.#openings.size === 0) this.#links.forget();
      if (bridge !== undefined) await this.#sealBridge(bridge);
      const opening: Opening = new Opening(
        this.#links.newest(),
        place,
        (attachment) => this.#add(opening, attachment),
        () => this.#close(opening),
      );
      this.#openings.add(opening);
      try {
        await this.#change(muteChanges(this.#surroundings()));
      } catch (error) {
        this.#openings.delete(opening);
        throw error;
      }
      return opening;
    });
  }

  /** Takes the link of an attachment down, so that it is not live while it is taken apart. Unknown ones are none. */
  silence(id: string): void {
    const hostEnd = this.#known.get(id)?.attachment.hostEnd;
    if (hostEnd && isStillThere(hostEnd)) setLinkDown(hostEnd.index);
  }

  /**
   * Takes an attachment out of the tables, after its link if the plugins left that (N14), and ends the tracking of its
   * connections. Does nothing for one that is unknown; so it may be tried again.
   */
  async remove(id: string): Promise<void> {
    await this.#exclusively(async () => {
      const known = this.#known.get(id);
      if (!known) return;
      const { attachment, rules } = known;
      if (isStillThere(attachment.hostEnd)) deleteLink(attachment.hostEnd.index);
      this.#known.forget(id);
      try {
        const change = { rules, onlyOneOn: this.#ifUnused(attachment), ...this.#surroundings() };
        await this.#change(removeChanges(change));
      } catch (error) {
        this.#known.enter(attachment);
        throw error;
      }
      this.#sweep.add(attachment);
    });
  }

  /** Publishes a further port of an attachment. Throws when it cannot be, and then nothing is changed. */
  async publish(id: string, port: PublishedPort): Promise<void> {
    await this.#exclusively(async () => {
      const known = this.#known.get(id);
      if (!known) throw new Error(`attachment ${id} is not filtered`);
      const { attachment } = known;
      this.#known.forget(id);
      try {
        this.#known.enter({ ...attachment, ports: [...attachment.ports, port] });
        await this.#assertTables();
      } catch (error) {
        this.#known.forget(id);
        this.#known.enter(attachment);
        throw error;
      }
    });
  }

  /** Compares the kernel's tables with what they should be; both are the same unless somebody has just changed them. */
  async verify(): Promise<Differences> {
    return this.#exclusively(() => {
      const elements = this.#known.all().flatMap(({ rules }) => rules.elements);
      const attached = [...this.#known.interfaces()].map(attachedElement);
      return findDifferences(this.#tables, [...elements, ...attached]);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#healing);
    await this.#last;
    await this.#sweep[Symbol.asyncDispose]();
    this.#watch[Symbol.dispose]();
    this.#tables[Symbol.dispose]();
    this.#links[Symbol.dispose]();
  }

  async #add(opening: Opening, attachment: FilteredAttachment): Promise<void> {
    await this.#exclusively(async () => {
      const { hostEnd } = attachment;
      if (hostEnd.index <= opening.newestLink)
        throw new Error(`${hostEnd.name} is older than its attachment: nothing has kept it silent until now`);
      if (hostEnd.kind === "bridge-port") await this.#sealBridge(hostEnd.bridge);
      requireNotBridges(attachment);
      const onlyOneOn = this.#ifUnused(attachment);
      // First of all: what another one has, its MAC for example, is not to be touched.
      const { rules } = this.#known.enter(attachment);
      try {
        settleEnd(attachment);
        await this.#sweep.readyFor(attachment);
        this.#openings.delete(opening);
        this.#removeStrays(opening, "made");
        const sharedRules = sharedTransaction(rules, this.#shared);
        if (sharedRules !== "") await this.#watch.own(() => this.options.runBatch("nft", sharedRules));
        for (const { name } of rules.shared) this.#shared.add(name);
        await this.#change(addChanges({ rules, onlyOneOn, ...this.#surroundings() }));
      } catch (error) {
        this.#known.forget(attachment.id);
        this.#openings.add(opening);
        throw error;
      }
    });
  }

  async #close(opening: Opening): Promise<void> {
    await this.#exclusively(async () => {
      if (!this.#openings.delete(opening)) return;
      try {
        this.#removeStrays(opening, "failed");
      } finally {
        await this.#change(muteChanges(this.#surroundings()));
      }
    });
  }

  #removeStrays({ place, newestLink }: Opening, outcome: "made" | "failed"): void {
    const others = [...this.#openings].map((other) => other.place);
    this.#strays.remove({ place, newestLink, others, outcome });
  }

  /** A bridge that was deleted and made again has lost its seal. */
  async #sealBridge(bridge: string): Promise<void> {
    const known = this.#bridges.get(bridge);
    if (known !== undefined && isStillThere({ name: bridge, index: known })) return;
    this.#bridges.set(bridge, await settleBridge(bridge, this.options.runBatch));
  }

  /** The interface from which an attachment's packets come, when no other attachment's do. */
  #ifUnused(attachment: FilteredAttachment): string | undefined {
    return this.#known.sharesInterface(attachment) ? undefined : hostInterfaceOf(attachment);
  }

  #surroundings(): Surroundings {
    const indexes = [...this.#openings].map(({ newestLink }) => newestLink);
    return { newestKnownLink: indexes.length === 0 ? undefined : Math.min(...indexes) };
  }

  /**
   * Brings the tables from what they were to what is known now. When they are not what they were, because somebody else
   * has just changed them, all of them are made anew.
   */
  async #change(changes: readonly TableChange[]): Promise<void> {
    try {
      await this.#watch.own(() => this.#tables.change(changes));
    } catch (error) {
      await this.#assertTables().catch(() => {
        throw error;
      });
    }
  }

  async #assertTables(): Promise<void> {
    const rules = this.#known.all().map((known) => known.rules);
    const text = resetTransaction(rules, this.#known.interfaces(), this.#surroundings());
    await this.#watch.own(() => this.options.runBatch("nft", text));
    this.#shared.clear();
    for (const { name } of rules.flatMap(({ shared }) => shared)) this.#shared.add(name);
  }

  /** Until this is through the seals keep everything closed (D10). */
  #heal(startedMs: number, retryMs: number): void {
    clearTimeout(this.#healing);
    const report = (what: string) => this.options.report(`somebody else has changed netd's tables: ${what}`);
    this.#exclusively(() => this.#assertTables()).then(
      () => {
        this.#heals++;
        report(`they were made anew within ${Math.ceil(performance.now() - startedMs)} ms`);
      },
      (error: unknown) => {
        report(`networks are closed, because they cannot be made anew: ${messageOf(error)}`);
        if (this.#isClosed) return;
        const next = Math.min(retryMs * 2, longestHealRetryMs);
        this.#healing = setTimeout(() => this.#heal(startedMs, next), retryMs);
      },
    );
  }

  /** One after the other: each change builds on the one before. */
  #exclusively<T>(change: () => Promise<T>): Promise<T> {
    const done = this.#last.then(change);
    this.#last = done.catch(() => undefined);
    return done;
  }
}

/** The time in which an attachment is made; see {@link Filter.open}. */
export class Opening implements AsyncDisposable {
  constructor(
    /** Index of the newest link before it. */
    readonly newestLink: number,
    readonly place: Birthplace,
    /**
     * Lets the packets of the attachment pass that the plugins have made. Throws when it cannot be filtered; then it
     * must be taken apart.
     */
    readonly add: (attachment: FilteredAttachment) => Promise<void>,
    private readonly close: () => Promise<void>,
  ) {}

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
