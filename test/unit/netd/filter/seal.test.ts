import { describe, expect, test } from "bun:test";
import { passed } from "../../../../netd/filter/marks.ts";
import { markedOnly, plainOnly, portBatch } from "../../../../netd/filter/seal.ts";

interface Packet {
  readonly mark?: number;
  readonly isTagged?: boolean;
  readonly etherType?: number;
}

/** What bpf(4) does with the few instructions that are used. */
function run(program: string, { mark = 0, isTagged = false, etherType = 0 }: Packet): "dropped" | "passed" {
  const [length = "", ...texts] = program.split(",");
  const instructions = texts.map((text) => text.split(" ").map(Number));
  expect(instructions).toHaveLength(Number(length));
  const loads = new Map([
    [0xfffff000 + 20, mark],
    [0xfffff000 + 48, isTagged ? 1 : 0],
    [12, etherType],
  ]);
  let accumulator = 0;
  for (let at = 0; at < instructions.length; at++) {
    const [code, then = 0, otherwise = 0, value = 0] = instructions[at] ?? [];
    if (code === 6) return value === 2 ? "dropped" : "passed";
    if (code === 21) at += accumulator === value ? then : otherwise;
    else if (code === 69) at += (accumulator & value) !== 0 ? then : otherwise;
    else accumulator = loads.get(value) ?? Number.NaN;
  }
  throw new Error("the program does not end");
}

describe("a seal", () => {
  test("lets pass what the tables have marked, whatever else is in the mark (D10)", () => {
    expect(run(markedOnly, { mark: passed })).toBe("passed");
    expect(run(markedOnly, { mark: passed | 0x51 })).toBe("passed");
    expect(run(markedOnly, { mark: 0 })).toBe("dropped");
    expect(run(markedOnly, { mark: 0xf3ffffff })).toBe("dropped");
  });

  test("lets untagged IPv4, ARP and IPv6 in, and nothing else (D4)", () => {
    for (const etherType of [0x0800, 0x0806, 0x86dd]) {
      expect(run(plainOnly, { etherType })).toBe("passed");
      expect(run(plainOnly, { etherType, isTagged: true })).toBe("dropped");
    }
    for (const etherType of [38, 0x88cc, 0x8100, 0x88a8, 0x888e, 0])
      expect(run(plainOnly, { etherType })).toBe("dropped");
  });
});

test("a port learns nothing, takes no part in spanning trees, and is the kernel's to isolate when it is alone (D4, D5, D8)", () => {
  const text = portBatch("veth1", "02:00:00:00:01:05", "isolated");
  expect(text).toMatch(/^link set dev veth1 learning off flood off guard on root_block on .*isolated on$/m);
  expect(text).toMatch(/^fdb replace 02:00:00:00:01:05 dev veth1 master static sticky$/m);
  expect(portBatch("veth1", "02:00:00:00:01:05", "by-group")).toMatch(/isolated off$/m);
});
