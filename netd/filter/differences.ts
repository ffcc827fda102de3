import { type Element, encodeKey, type TableSocket } from "../netlink/nftables.ts";
import { textOfElement } from "./element-text.ts";
import { tableFamilies, tableName } from "./transactions.ts";

/** How the kernel's tables differ from what they should be; an element a line. */
export interface Differences {
  readonly missing: readonly string[];
  /** Elements that belong to no attachment, with their keys in hexadecimal. */
  readonly foreign: readonly string[];
}

/** Sets in which packets leave elements. */
const isCounting = (set: string) => set.startsWith("connections_");

/** Compares the keys of all elements. Throws SystemCallError when a table is not there. */
export async function findDifferences(
  tables: TableSocket,
  expected: readonly Element[],
): Promise<Differences> {
  const unseen = new Map(
    expected.map((element) => [
      `${element.family} ${element.set} ${encodeKey(element.key).toString("hex")}`,
      `${element.family} ${element.set} ${textOfElement(element)}`,
    ]),
  );
  const foreign: string[] = [];
  for (const family of tableFamilies)
    for (const set of await tables.sets(family, tableName)) {
      if (isCounting(set)) continue;
      for (const key of await tables.keys(family, tableName, set)) {
        const place = `${family} ${set} ${key.toString("hex")}`;
        if (!unseen.delete(place)) foreign.push(place);
      }
    }
  return { missing: [...unseen.values()], foreign };
}
