import { unlinkSync } from "node:fs";
import { join } from "node:path";
import type { Machine } from "../attachment/executor.ts";
import type {
  CollectOrder,
  Comparison,
  Finding,
  ResidueKind,
  ResidueReport,
} from "../contract/residue-report.ts";
import { Refusal } from "../errors.ts";
import { deleteLink, findLink } from "../netlink/links.ts";
import { compare } from "./compare.ts";
import { expectedOf } from "./expected.ts";
import { extentOf, type Inventory, takeInventory } from "./inventory.ts";

export interface CollectorOptions {
  readonly machine: Pick<Machine, "journal" | "pins" | "plugins"> & {
    readonly filter: { reassert(): Promise<void> };
  };
  readonly leaseDir: string;
  /** Bridges of the networks in force. */
  readonly bridges: () => readonly string[];
  /** Runs it while no plugin does. */
  readonly whileIdle: <T>(look: () => Promise<T>) => Promise<T>;
}

/** Looks for residue, and takes it away. */
export class Collector {
  constructor(private readonly options: CollectorOptions) {}

  /** Throws Refusal while a record cannot be read: what belongs to whom is not known then (F10). */
  collect(order: CollectOrder): Promise<ResidueReport> {
    return this.options.whileIdle(async () => {
      const discarded = order.discardUnreadable ? this.options.machine.journal.discardUnreadable() : [];
      this.#requireReadable();
      const { inventory, found } = await this.#look();
      const removed = found.stray.filter(({ kind }) => order.fix.includes(kind));
      await this.#remove(removed);
      const after = removed.length === 0 ? found : (await this.#look()).found;
      return {
        ...after,
        removed,
        discarded,
        looked: extentOf(inventory, this.options.machine.journal.all().length),
      };
    });
  }

  #requireReadable(): void {
    const { quarantined, movedAside } = this.options.machine.journal.findings;
    const unreadable = [...quarantined.map((id) => `record ${id}`), ...movedAside];
    if (unreadable.length > 0)
      throw new Refusal(
        "conflict",
        `nobody can read ${unreadable.join(", ")}: what belongs to containers that live could be taken for residue`,
      );
  }

  async #look(): Promise<{ inventory: Inventory; found: Comparison }> {
    const { machine, leaseDir, bridges } = this.options;
    const records = machine.journal.all();
    const used = records.flatMap(({ hostEnd }) => (hostEnd?.kind === "bridge-port" ? [hostEnd.bridge] : []));
    const inventory = await takeInventory({
      pins: machine.pins.list(),
      leaseDir,
      bridges: [...new Set([...bridges(), ...used])],
    });
    const expected = records.map((record) => expectedOf(record, machine.plugins));
    return { inventory, found: compare(inventory, expected) };
  }

  async #remove(stray: readonly Finding[]): Promise<void> {
    const { machine, leaseDir } = this.options;
    const of = (kind: ResidueKind) => stray.filter((one) => one.kind === kind).map(({ name }) => name);
    // Links first: nothing live may be without its rules (F14).
    for (const name of of("link")) {
      const link = findLink(name);
      if (link?.kind === "veth") deleteLink(link.index);
    }
    if (of("rule").length > 0) await machine.filter.reassert();
    for (const id of of("pin")) machine.pins.unpin(id);
    for (const path of of("lease")) unlinkSync(join(leaseDir, path));
  }
}
