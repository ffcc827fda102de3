import { describe, expect, test } from "bun:test";
import type { FilteredAttachment } from "../../../../netd/filter/attachment.ts";
import { rulesOf } from "../../../../netd/filter/elements.ts";
import {
  addTransaction,
  muteTransaction,
  removeTransaction,
  resetTransaction,
} from "../../../../netd/filter/transactions.ts";
import { attachment } from "./attachments.ts";

const rules = (given: Partial<FilteredAttachment> = {}) =>
  rulesOf(attachment(given), { groupOf: () => 3, networkOf: () => 2 });
const nobodyNew = { newestKnownLink: undefined };

describe("a transaction", () => {
  test("that adds an attachment makes what it shares only once", () => {
    const change = { rules: rules({ connections: 5 }), onlyOneOn: undefined, ...nobodyNew };
    expect(addTransaction(change, new Set())).toContain("add chain inet cntnr_netd limit_from_5\n");
    expect(addTransaction(change, new Set(["limit_5"]))).not.toContain("add chain");
  });

  test("that removes an attachment undoes all that adding it did, and what packets have left", () => {
    const change = { rules: rules({ connections: 5, isolationGroup: "g" }), onlyOneOn: "lab0", ...nobodyNew };
    const elements = (text: string, verb: string) =>
      text
        .split("\n")
        .flatMap((line) => (line.startsWith(`${verb} element`) ? [line.slice(verb.length)] : []));
    const added = elements(addTransaction(change, new Set()), "add");
    const removed = removeTransaction(change);
    expect(added).toContain(' element inet cntnr_netd attached { "lab0" }');
    expect(elements(removed, "delete")).toEqual(expect.arrayContaining(added));
    expect(removed).toContain(
      "add element inet cntnr_netd connections_5_4 { 10.20.0.5 ct count over 5 }\n" +
        "delete element inet cntnr_netd connections_5_4 { 10.20.0.5 ct count over 5 }\n",
    );
  });

  test("that makes an attachment possible silences links that are newer than it, in every table that hears them", () => {
    const text = muteTransaction({ newestKnownLink: 41 });
    for (const family of ["inet", "arp"])
      expect(text).toContain(
        `flush chain ${family} cntnr_netd newborn\nadd rule ${family} cntnr_netd newborn iif > 41 drop\n`,
      );
    expect(muteTransaction(nobodyNew)).not.toContain("add rule");
  });

  test("that makes everything anew replaces all tables, and names each set once whatever their number", () => {
    const many = Array.from({ length: 50 }, (_, index) => rules({ addresses: [`10.20.0.${index}/24`] }));
    const text = resetTransaction(many, new Set(["lab0"]), nobodyNew);
    for (const family of ["bridge", "inet", "arp"])
      expect(text).toContain(`table ${family} cntnr_netd\ndelete table ${family} cntnr_netd\n`);
    expect(text.match(/add element inet cntnr_netd container4 /g)).toHaveLength(1);
  });
});
