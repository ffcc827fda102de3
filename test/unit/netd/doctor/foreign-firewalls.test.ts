import { expect, test } from "bun:test";
import { droppingChains } from "../../../../netd/doctor/foreign-firewalls.ts";

test("chains of others that drop what is forwarded are named, netd's own and others' hooks are not", () => {
  const chain = (more: object) => ({ chain: { family: "ip", table: "filter", name: "FORWARD", ...more } });
  const listing = {
    nftables: [
      { metainfo: { version: "1" } },
      chain({ hook: "forward", policy: "drop" }),
      chain({ hook: "forward", policy: "accept", table: "other" }),
      chain({ hook: "input", policy: "drop" }),
      chain({ hook: "forward", policy: "drop", family: "inet", table: "cntnr_netd" }),
      chain({ name: "no base chain" }),
    ],
  };
  expect(droppingChains(listing)).toEqual(["chain FORWARD of table ip filter"]);
  expect(droppingChains({})).toEqual([]);
});
