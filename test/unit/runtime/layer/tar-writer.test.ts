import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { TarEntry } from "../../../../runtime/layer/tar-entry.ts";
import { endOfArchive, formatEntry, paddingAfter } from "../../../../runtime/layer/tar-writer.ts";
import { recordArchive } from "./record-archive.ts";

const base = { mode: 0o644, uid: 0, gid: 0, modified: { seconds: 0, nanoseconds: 0 }, attributes: new Map() };
const file = (path: string, sizeBytes: number, more: Partial<TarEntry> = {}): TarEntry => ({
  ...base,
  ...more,
  path,
  type: "file",
  sizeBytes,
  isSparse: false,
});

/** Bytes but NUL and slash: anything that a file may be called. */
const component = fc
  .array(fc.integer({ min: 1, max: 255 }), { minLength: 1, maxLength: 60 })
  .map((bytes) => bytes.map((byte) => String.fromCharCode(byte === 0x2f ? 0x2e : byte)).join(""))
  .filter((name) => name !== "." && name !== "..");
const path = fc.array(component, { minLength: 1, maxLength: 8 }).map((parts) => parts.join("/"));
const id = fc.oneof(
  fc.integer({ min: 0, max: 70_000 }),
  fc.constantFrom(2_097_151, 2_097_152, 4_294_967_294),
);
const seconds = fc.oneof(
  fc.integer({ min: -3_000_000_000, max: 4_000_000_000 }),
  fc.constantFrom(8_589_934_591, 8_589_934_592),
);
const attributes = fc
  .dictionary(
    fc.constantFrom("user.a", "user.b", "security.capability", "user.\u00fc"),
    fc.uint8Array({ maxLength: 300 }),
  )
  .map((values) => new Map(Object.entries(values).map(([name, value]) => [name, Buffer.from(value)])));
const described = fc.record({
  path,
  mode: fc.integer({ min: 0, max: 0o7777 }),
  uid: id,
  gid: id,
  modified: seconds.map((value) => ({ seconds: value, nanoseconds: 0 })),
  attributes,
});
const kinds = fc.oneof(
  fc.constant({ type: "directory" } as const),
  fc.constant({ type: "fifo" } as const),
  fc.record({ type: fc.constant("symbolic-link" as const), target: path.map((target) => `../${target}`) }),
  fc.record({ type: fc.constant("hard-link" as const), target: path }),
  fc.record({
    type: fc.constant("device" as const),
    kind: fc.constantFrom("character" as const, "block" as const),
    major: fc.integer({ min: 0, max: 4095 }),
    minor: fc.integer({ min: 0, max: 1_048_575 }),
  }),
);

describe("what is written of an entry", () => {
  test("is what the reader then reads, whatever the name, ids, time and attributes are", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(described, kinds), { maxLength: 6 }), (parts) => {
        const entries: TarEntry[] = parts.map(([description, kind]) => ({ ...description, ...kind }));
        const archive = Buffer.concat([...entries.map((entry) => formatEntry(entry)), endOfArchive]);
        expect(recordArchive(archive).map(({ entry }) => entry)).toEqual(entries);
      }),
      { numRuns: 500 },
    );
  });

  test("is a file's data, whole or in segments", () => {
    const segments = [
      { offset: 512, length: 600 },
      { offset: 4000, length: 100 },
    ];
    const data = Buffer.alloc(700, "A");
    const whole = Buffer.alloc(700, "B");
    const sparse: TarEntry = { ...base, path: "sparse", type: "file", sizeBytes: 9000, isSparse: true };
    const recorded = recordArchive(
      Buffer.concat([
        formatEntry(sparse, { segments }),
        data,
        paddingAfter(data.length),
        formatEntry(file("whole", 700)),
        whole,
        paddingAfter(whole.length),
        endOfArchive,
      ]),
    );
    expect(recorded.map(({ entry }) => entry)).toEqual([sparse, file("whole", 700)]);
    expect(recorded[0]?.pieces).toEqual([
      [512, 600],
      [4000, 100],
    ]);
    expect(recorded[1]?.data).toBe(whole.toString("latin1"));
  });

  test("is one block where ustar is enough, and the root is ./", () => {
    const name = `${"d".repeat(99)}/${"n".repeat(98)}`;
    for (const entry of [
      file(name, 0, { uid: 2_097_151 }),
      { ...base, path: "", type: "directory" } as const,
    ])
      expect(formatEntry(entry)).toHaveLength(512);
    expect(formatEntry({ ...base, path: "", type: "directory" }).toString("latin1", 0, 3)).toBe("./\0");
    expect(formatEntry(file(`${name}nnn`, 0))).toHaveLength(3 * 512);
  });

  test("says that names are bytes where they are no UTF-8 and pax has to hold them", () => {
    const long = (name: string) => `${"d/".repeat(160)}${name}`;
    expect(formatEntry(file(long("caf\xe9"), 0)).includes("hdrcharset=BINARY\n")).toBe(true);
    expect(formatEntry(file(long("caf\xc3\xa9"), 0)).includes("hdrcharset")).toBe(false);
  });

  test("is the same for attributes in any order", () => {
    const a = new Map([
      ["user.a", Buffer.from("1")],
      ["user.b", Buffer.from("2")],
    ] as const);
    const b = new Map([...a].reverse());
    expect(formatEntry(file("f", 0, { attributes: a }))).toEqual(
      formatEntry(file("f", 0, { attributes: b })),
    );
  });

  test("is nothing where an attribute's name would be read as another", () => {
    const attributes = new Map([["user.a=b", Buffer.from("1")]]);
    expect(() => formatEntry(file("f", 0, { attributes }))).toThrow(
      expect.objectContaining({ code: "unsupported" }),
    );
  });
});
