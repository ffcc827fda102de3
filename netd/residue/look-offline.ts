import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { NetworkPlugins } from "../attachment/network-plugins.ts";
import type { ResidueReport } from "../contract/residue-report.ts";
import { readJournal } from "../journal/read-journal.ts";
import { compare } from "./compare.ts";
import { expectedOf } from "./expected.ts";
import { extentOf, takeInventory } from "./inventory.ts";

/**
 * Looks at what a service has left that does not run. Changes nothing: the next start takes away what has ended.
 * @param plugins read stored results and conflists; none is run
 * Throws when something cannot be looked at; what is not there, as before the first start, has nothing.
 */
export async function lookOffline(runDir: string, plugins: NetworkPlugins): Promise<ResidueReport> {
  const journal = join(runDir, "journal.db");
  const records = existsSync(journal) ? readJournal(journal) : [];
  const [pinDir, leaseDir] = [join(runDir, "ns"), join(runDir, "leases")];
  const inventory = await takeInventory({
    pins: existsSync(pinDir) ? readdirSync(pinDir) : [],
    leaseDir,
    bridges: [...new Set(records.flatMap((record) => plugins.shapeOf(record).bridge ?? []))],
  });
  const found = compare(
    inventory,
    records.map((record) => expectedOf(record, plugins)),
  );
  return { ...found, removed: [], discarded: [], looked: extentOf(inventory, records.length) };
}
