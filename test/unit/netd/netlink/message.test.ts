import { describe, expect, test } from "bun:test";
import {
  encodeAttribute,
  encodeMessage,
  parseAttributes,
  parseMessages,
  textOf,
} from "../../../../netd/netlink/message.ts";

describe("netlink messages", () => {
  test("are read as they were written, several in one datagram", () => {
    const one = encodeMessage({ type: 16, flags: 5, sequence: 7 }, encodeAttribute(3, Buffer.from("lab0\0")));
    const two = encodeMessage({ type: 17, flags: 0, sequence: 8 });
    const [first, second, ...others] = parseMessages(Buffer.concat([one, two]));
    expect(others).toEqual([]);
    expect(first).toMatchObject({ type: 16, flags: 5, sequence: 7, port: 0 });
    expect(second).toMatchObject({ type: 17, sequence: 8 });
    expect(textOf(parseAttributes(first?.body ?? Buffer.alloc(0)).get(3))).toBe("lab0");
  });

  test("have attributes that begin at multiples of four bytes, and may hold others", () => {
    const inner = encodeAttribute(1, Buffer.from([9]));
    const bytes = Buffer.concat([
      encodeAttribute(2 | 0x8000, inner),
      encodeAttribute(5, Buffer.from([1, 2])),
    ]);
    expect(bytes.length).toBe(12 + 8);
    const attributes = parseAttributes(bytes);
    expect(attributes.get(5)).toEqual(Buffer.from([1, 2]));
    expect(parseAttributes(attributes.get(2) ?? Buffer.alloc(0)).get(1)).toEqual(Buffer.from([9]));
  });

  test("that were cut off are refused", () => {
    const whole = encodeMessage({ type: 16, flags: 0, sequence: 1 }, encodeAttribute(3, Buffer.alloc(4)));
    expect(() => parseMessages(whole.subarray(0, 20))).toThrow("not whole");
    expect(() => parseAttributes(whole.subarray(16, 20))).toThrow("not whole");
    const endless = Buffer.alloc(16);
    expect(() => parseMessages(endless)).toThrow("not whole");
  });
});
