import { describe, expect, test } from "bun:test";
import type { FilteredAttachment } from "../../../../netd/filter/attachment.ts";
import { rulesOf } from "../../../../netd/filter/elements.ts";
import {
  addChanges,
  muteChanges,
  removeChanges,
  resetTransaction,
  sharedTransaction,
} from "../../../../netd/filter/transactions.ts";
import type { TableChange } from "../../../../netd/netlink/nftables.ts";
import { attachment } from "./attachments.ts";

const rules = (given: Partial<FilteredAttachment> = {}) =>
  rulesOf(attachment(given), { groupOf: () => 3, networkOf: () => 2 });
const nobodyNew = { newestKnownLink: undefined };
/** Numbers of linux/netfilter/nf_tables.h. */
const type = { newRule: 6, deleteRule: 8, newElement: 12, deleteElement: 14 } as const;

describe("a transaction", () => {
  test("makes what attachments share only once", () => {
    const limited = rules({ connections: 5 });
    expect(sharedTransaction(limited, new Set())).toContain("add set inet cntnr_netd limited_5_4 ");
    expect(sharedTransaction(limited, new Set(["limit_5"]))).toBe("");
    expect(sharedTransaction(rules(), new Set())).toBe("");
  });

  test("that removes an attachment undoes all that adding it did, and what packets have left", () => {
    const change = { rules: rules({ connections: 5, isolationGroup: "g" }), onlyOneOn: "lab0", ...nobodyNew };
    const bodies = (changes: readonly TableChange[], wanted: number) =>
      changes.filter((one) => one.type === wanted).map(({ body }) => body.toString("latin1"));
    const added = bodies(addChanges(change), type.newElement);
    expect(added).toHaveLength(change.rules.elements.length + 1);
    const removed = bodies(removeChanges(change), type.deleteElement);
    expect(removed).toHaveLength(added.length + change.rules.traces.length);
    // Added first, so that the deletion of what no packet has made is no error.
    expect(bodies(removeChanges(change), type.newElement)).toHaveLength(change.rules.traces.length);
  });

  test("that makes an attachment possible silences links that are newer than it, in every table", () => {
    const types = (newestKnownLink: number | undefined) =>
      muteChanges({ newestKnownLink }).map((one) => one.type);
    const once = [type.deleteRule, type.newRule];
    expect(types(41)).toEqual([...once, ...once, ...once]);
    expect(types(undefined)).toEqual([type.deleteRule, type.deleteRule, type.deleteRule]);
    const text = resetTransaction([], new Set(), { newestKnownLink: 41 });
    for (const family of ["inet", "arp"])
      expect(text).toContain(`add rule ${family} cntnr_netd newborn iif > 41 drop\n`);
    expect(text).toContain("add rule bridge cntnr_netd newborn oif > 41 drop\n");
  });

  test("that makes everything anew replaces all tables, and names each set once whatever their number", () => {
    const many = Array.from({ length: 50 }, (_, index) => rules({ addresses: [`10.20.0.${index}/24`] }));
    const text = resetTransaction(many, new Set(["lab0"]), nobodyNew);
    for (const family of ["bridge", "inet", "arp"])
      expect(text).toContain(`table ${family} cntnr_netd\ndelete table ${family} cntnr_netd\n`);
    expect(text.match(/add element inet cntnr_netd container4 /g)).toHaveLength(1);
    expect(text).toContain('add element inet cntnr_netd attached { "lab0" }');
  });
});
