import { describe, expect, test } from "bun:test";
import { passed } from "../../../../netd/filter/marks.ts";
import { markedOnly, plainOnly } from "../../../../netd/filter/seal.ts";
import type { BpfInstruction } from "../../../../netd/netlink/port-settings.ts";

interface Packet {
  readonly mark?: number;
  readonly isTagged?: boolean;
  readonly etherType?: number;
}

/** What bpf(4) does with the few instructions that are used. */
function run(
  program: readonly BpfInstruction[],
  { mark = 0, isTagged = false, etherType = 0 }: Packet,
): "dropped" | "passed" {
  const loads = new Map([
    [0xfffff000 + 20, mark],
    [0xfffff000 + 48, isTagged ? 1 : 0],
    [12, etherType],
  ]);
  let accumulator = 0;
  for (let at = 0; at < program.length; at++) {
    const { code = 0, jumpTrue = 0, jumpFalse = 0, value = 0 } = program[at] ?? {};
    if (code === 6) return value === 2 ? "dropped" : "passed";
    if (code === 21) at += accumulator === value ? jumpTrue : jumpFalse;
    else if (code === 69) at += (accumulator & value) !== 0 ? jumpTrue : jumpFalse;
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
