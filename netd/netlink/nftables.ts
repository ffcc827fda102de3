import { bytesOfAddress, bytesOfMac } from "../sys/address-bytes.ts";
import { encodeAttribute, listAttributes, nested, parseAttributes, textOf } from "./message.ts";
import { KernelSocket, protocol } from "./request.ts";

/** Families that have tables of their own: NFPROTO_* of linux/netfilter.h. */
const familyNumbers = { inet: 1, arp: 3, bridge: 7 } as const;
export type TableFamily = keyof typeof familyNumbers;

/** One part of a key, or of what a map gives. */
export type Field =
  /** An interface by its index. */
  | { readonly link: number }
  | { readonly interfaceName: string }
  | { readonly mac: string }
  | { readonly address: string }
  /** Bytes of a packet that have no name. */
  | { readonly payload: Buffer }
  | { readonly mark: number }
  | { readonly protocol: "tcp" | "udp" | "sctp" }
  | { readonly port: number };

export interface Verdict {
  /** A chain. */
  readonly goto: string;
}

/** An element of a set or map. */
export interface Element {
  readonly family: TableFamily;
  readonly set: string;
  readonly key: readonly Field[];
  /** What the map gives for the key. */
  readonly value?: readonly Field[] | Verdict;
  /** Matches only what is over the rate. */
  readonly limit?: { readonly bytesPerSecond: number; readonly burstBytes: number };
  /** Counts connections, and matches only what is over that number. */
  readonly connections?: number;
}

/** A change of a table, as linux/netfilter/nf_tables.h has it. */
export interface TableChange {
  readonly type: number;
  readonly flags: number;
  readonly body: Buffer;
}

const subsystem = 10;
const message = {
  newRule: 6,
  deleteRule: 8,
  getSet: 10,
  newElement: 12,
  getElement: 13,
  deleteElement: 14,
} as const;
/** struct nfgenmsg. */
const headerBytes = 4;
const create = 0x400;
const append = 0x800;

/** The way to the tables. */
export class TableSocket implements Disposable {
  readonly #socket = new KernelSocket(protocol.netfilter);

  /** Does all of it or nothing. Throws SystemCallError with the kernel's first objection. */
  change(changes: readonly TableChange[]): void {
    const edge = (type: number) => ({ type, flags: 0, body: Buffer.from([0, 0, 0, subsystem]) });
    this.#socket.batch([
      edge(0x10),
      ...changes.map(({ type, flags, body }) => ({ type: (subsystem << 8) | type, flags, body })),
      edge(0x11),
    ]);
  }

  /** Names of the sets and maps of a table that rules did not bring along. */
  async sets(family: TableFamily, table: string): Promise<string[]> {
    const isAnonymous = 1;
    const body = [header(family), text(1, table)];
    const names: string[] = [];
    for await (const answer of this.#socket.list({ type: (subsystem << 8) | message.getSet, body })) {
      const attributes = parseAttributes(answer.body.subarray(headerBytes));
      const flags = attributes.get(3)?.readUInt32BE(0) ?? 0;
      if ((flags & isAnonymous) === 0) names.push(textOf(attributes.get(2)));
    }
    return names;
  }

  /** The keys of all elements of a set, as the kernel has them. */
  async keys(family: TableFamily, table: string, set: string): Promise<Buffer[]> {
    const body = [header(family), text(1, table), text(2, set)];
    const keys: Buffer[] = [];
    for await (const answer of this.#socket.list({ type: (subsystem << 8) | message.getElement, body })) {
      const elements = parseAttributes(answer.body.subarray(headerBytes)).get(3) ?? Buffer.alloc(0);
      for (const { value } of listAttributes(elements)) {
        const key = parseAttributes(parseAttributes(value).get(1) ?? Buffer.alloc(0)).get(1);
        if (key) keys.push(Buffer.from(key));
      }
    }
    return keys;
  }

  [Symbol.dispose](): void {
    this.#socket[Symbol.dispose]();
  }
}

export function addElement(table: string, element: Element): TableChange {
  const { key, value, limit, connections } = element;
  const parts = [
    data(1, encodeKey(key)),
    ...(value === undefined ? [] : ["length" in value ? data(2, encodeKey(value)) : verdict(2, value)]),
    ...(limit === undefined ? [] : [expression(7, "limit", encodeLimit(limit))]),
    ...(connections === undefined ? [] : [expression(7, "connlimit", encodeConnections(connections))]),
  ];
  return { type: message.newElement, flags: create, body: elementBody(table, element, parts) };
}

export function deleteElement(table: string, element: Element): TableChange {
  const body = elementBody(table, element, [data(1, encodeKey(element.key))]);
  return { type: message.deleteElement, flags: 0, body };
}

/** Takes all rules out of a chain. */
export function flushChain(family: TableFamily, table: string, chain: string): TableChange {
  const body = Buffer.concat([header(family), text(1, table), text(2, chain)]);
  return { type: message.deleteRule, flags: 0, body };
}

/** Where a packet comes in, or where it goes out: NFT_META_IIF and NFT_META_OIF. */
const metaKeys = { iif: 4, oif: 5 } as const;
export type LinkSide = keyof typeof metaKeys;

/** A rule at the end of a chain: `iif > INDEX drop`, or the same of `oif`. */
export function dropNewerLinks(
  { family, table, chain }: { readonly family: TableFamily; readonly table: string; readonly chain: string },
  side: LinkSide,
  newestIndex: number,
): TableChange {
  const register = uint32(1);
  const listed = (name: string, ...attributes: readonly Buffer[]) =>
    expression(1, name, Buffer.concat(attributes));
  const index = Buffer.alloc(4);
  // As the register has it after the conversion: the kernel compares byte by byte.
  index.writeUInt32BE(newestIndex);
  const [toNetworkOrder, isGreater] = [1, 4];
  const expressions = [
    listed("meta", encodeAttribute(1, register), encodeAttribute(2, uint32(metaKeys[side]))),
    listed(
      "byteorder",
      ...[register, register, uint32(toNetworkOrder), uint32(4), uint32(4)].map((value, at) =>
        encodeAttribute(at + 1, value),
      ),
    ),
    listed("cmp", encodeAttribute(1, register), encodeAttribute(2, uint32(isGreater)), data(3, index)),
    listed("immediate", encodeAttribute(1, uint32(0)), verdict(2, { drop: true })),
  ];
  const body = [header(family), text(1, table), text(2, chain), encodeAttribute(4 | nested, ...expressions)];
  return { type: message.newRule, flags: create | append, body: Buffer.concat(body) };
}

function header(family: TableFamily): Buffer {
  return Buffer.from([familyNumbers[family], 0, 0, 0]);
}

function elementBody(table: string, { family, set }: Element, parts: readonly Buffer[]): Buffer {
  const list = encodeAttribute(3 | nested, encodeAttribute(1 | nested, ...parts));
  return Buffer.concat([header(family), text(1, table), text(2, set), list]);
}

/** A key as the kernel has it: where it has several fields, each begins at a multiple of four bytes. */
export function encodeKey(fields: readonly Field[]): Buffer {
  const [only, ...others] = fields.map(encodeField);
  if (only && others.length === 0) return only;
  return Buffer.concat(
    fields.map(encodeField).flatMap((bytes) => [bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]),
  );
}

const protocolNumbers = { tcp: 6, udp: 17, sctp: 132 } as const;
const interfaceNameBytes = 16;

function encodeField(field: Field): Buffer {
  if ("link" in field) return hostOrder(field.link);
  if ("mark" in field) return hostOrder(field.mark);
  if ("mac" in field) return bytesOfMac(field.mac);
  if ("address" in field) return bytesOfAddress(field.address);
  if ("payload" in field) return field.payload;
  if ("protocol" in field) return Buffer.from([protocolNumbers[field.protocol]]);
  if ("port" in field) return Buffer.from([field.port >> 8, field.port & 0xff]);
  return Buffer.concat([Buffer.from(field.interfaceName)], interfaceNameBytes);
}

function hostOrder(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** Numbers in attributes of nf_tables are big-endian. */
function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

function text(type: number, value: string): Buffer {
  return encodeAttribute(type, Buffer.from(`${value}\0`));
}

function data(type: number, value: Buffer): Buffer {
  return encodeAttribute(type | nested, encodeAttribute(1, value));
}

function verdict(type: number, value: Verdict | { readonly drop: true }): Buffer {
  const [drop, goto] = [0, -4];
  const parts =
    "goto" in value
      ? [encodeAttribute(1, uint32(goto)), text(2, value.goto)]
      : [encodeAttribute(1, uint32(drop))];
  return encodeAttribute(type | nested, encodeAttribute(2 | nested, ...parts));
}

function expression(type: number, name: string, body: Buffer): Buffer {
  return encodeAttribute(type | nested, text(1, name), encodeAttribute(2 | nested, body));
}

function encodeLimit({ bytesPerSecond, burstBytes }: NonNullable<Element["limit"]>): Buffer {
  const [countsBytes, matchesOver, second] = [1, 1, 1];
  return Buffer.concat([
    encodeAttribute(1, uint64(bytesPerSecond)),
    encodeAttribute(2, uint64(second)),
    encodeAttribute(3, uint32(burstBytes)),
    encodeAttribute(4, uint32(countsBytes)),
    encodeAttribute(5, uint32(matchesOver)),
  ]);
}

function encodeConnections(connections: number): Buffer {
  const matchesOver = 1;
  return Buffer.concat([encodeAttribute(1, uint32(connections)), encodeAttribute(2, uint32(matchesOver))]);
}
