import { describe, expect, test } from "bun:test";
import { withUnaskedRanges } from "../../../../netd/cni/unasked-ranges.ts";

const subnet = "10.20.0.0/24";

function rangesFor(ranges: object[][], kept: string[], asked: string[] = []): unknown {
  return withUnaskedRanges({ type: "host-local", ranges } as never, kept, asked).ranges;
}

describe("an attachment that asks for no address", () => {
  test("is given one of what is left without the kept ones", () => {
    expect(rangesFor([[{ subnet }]], ["10.20.0.64/27", "10.20.0.254"])).toEqual([
      [
        { subnet, rangeStart: "10.20.0.1", rangeEnd: "10.20.0.63" },
        { subnet, rangeStart: "10.20.0.96", rangeEnd: "10.20.0.253" },
      ],
    ]);
  });

  test("within what the administrator's own range has, and by the same gateway", () => {
    const range = { subnet, rangeStart: "10.20.0.60", rangeEnd: "10.20.0.100", gateway: "10.20.0.254" };
    expect(rangesFor([[range]], ["10.20.0.64/27"])).toEqual([
      [
        { ...range, rangeEnd: "10.20.0.63" },
        { ...range, rangeStart: "10.20.0.96" },
      ],
    ]);
  });

  test("is given any where all of them are kept, or all but the gateway's", () => {
    for (const kept of [
      [subnet],
      [
        "10.20.0.128/25",
        "10.20.0.64/26",
        "10.20.0.32/27",
        "10.20.0.16/28",
        "10.20.0.8/29",
        "10.20.0.4/30",
        "10.20.0.2/31",
      ],
    ])
      expect(rangesFor([[{ subnet }]], kept)).toEqual([[{ subnet }]]);
  });

  test("is given one of another subnet of the same set where all of one are kept", () => {
    const other = { subnet: "10.21.0.0/30" };
    expect(rangesFor([[{ subnet }, other]], [subnet])).toEqual([
      [{ ...other, rangeStart: "10.21.0.1", rangeEnd: "10.21.0.2" }],
    ]);
  });

  test("has each family for itself: what it asks for of one says nothing of the other", () => {
    const v6 = { subnet: "fd20::/64" };
    const sets = [[{ subnet }], [v6]];
    expect(rangesFor(sets, ["10.20.0.0/25", "fd20::/65"], ["10.20.0.7"])).toEqual([
      [{ subnet }],
      [{ ...v6, rangeStart: "fd20::8000:0:0:0", rangeEnd: "fd20::ffff:ffff:ffff:ffff" }],
    ]);
  });

  test("has what was written in the older form, too", () => {
    const ipam = { type: "host-local", subnet, rangeEnd: "10.20.0.99", routes: [] };
    expect(withUnaskedRanges(ipam, ["10.20.0.64/26"], [])).toEqual({
      type: "host-local",
      routes: [],
      ranges: [[{ subnet, rangeStart: "10.20.0.1", rangeEnd: "10.20.0.63" }]],
    });
  });
});

test("nothing is changed where nothing of the network is kept", () => {
  const ipam = { type: "host-local", subnet, ranges: [[{ subnet: "fd20::/64" }]] };
  for (const kept of [[], ["10.21.0.0/24"]]) expect(withUnaskedRanges(ipam, kept, [])).toBe(ipam);
});
