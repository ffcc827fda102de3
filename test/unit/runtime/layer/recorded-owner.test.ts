import { expect, test } from "bun:test";
import fc from "fast-check";
import { formatOwner, parseOwner } from "../../../../runtime/layer/recorded-owner.ts";

test("an owner that is recorded is the one that is read again", () => {
  const id = fc.integer({ min: 0, max: 0xffff_fffe });
  fc.assert(
    fc.property(id, id, (uid, gid) => {
      expect(parseOwner(formatOwner({ uid, gid }))).toEqual({ uid, gid });
    }),
  );
});

test("an owner is written as other programs do: protocol buffers, zeros left out", () => {
  expect(formatOwner({ uid: 0, gid: 0 })).toEqual(Buffer.alloc(0));
  expect(formatOwner({ uid: 300, gid: 0 })).toEqual(Buffer.from([0x08, 0xac, 0x02]));
  expect(formatOwner({ uid: 0, gid: 8 })).toEqual(Buffer.from([0x10, 8]));
});

test("whatever bytes an attribute has, they are an owner of 32 bits or none", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 16 }), (bytes) => {
      const owner = parseOwner(bytes);
      if (owner) for (const id of [owner.uid, owner.gid]) expect(id >= 0 && id <= 0xffff_fffe).toBe(true);
    }),
  );
  expect(parseOwner(Buffer.from([0x08]))).toBeUndefined();
  expect(parseOwner(Buffer.from([0x18, 1]))).toBeUndefined();
  expect(parseOwner(Buffer.from([0x08, 255, 255, 255, 255, 15]))).toBeUndefined();
});
