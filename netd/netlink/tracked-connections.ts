import { bytesOfAddress } from "../sys/address-bytes.ts";
import { encodeAttribute, nested, parseAttributes } from "./message.ts";
import { askKernel, dump, isAbsent, protocol } from "./request.ts";

/** linux/netfilter/nfnetlink_conntrack.h: NFNL_SUBSYS_CTNETLINK and its messages. */
const getConnection = 0x101;
const deleteConnection = 0x102;
const attribute = { original: 1, reply: 2, id: 12, zone: 18, filter: 25 } as const;
const tupleIp = 1;
const filterFlags = { original: 1, reply: 2 } as const;
const filterBySource = 1;
/** struct nfgenmsg. */
const headerBytes = 4;

/**
 * Ends the tracking of all connections that have this address at one end. Otherwise whoever gets the address next would
 * get what is still sent to the former one's ports, and could answer it.
 * Lists only these connections (the kernel filters since 5.8). Throws SystemCallError.
 */
export function forgetConnectionsOf(address: string): void {
  // Replies come from whom the connection is to, even when the destination was rewritten to be it.
  for (const side of ["original", "reply"] as const) forgetConnectionsFrom(address, side);
}

function forgetConnectionsFrom(address: string, side: "original" | "reply"): void {
  const bytes = bytesOfAddress(address);
  const isV6 = bytes.length === 16;
  const source = isV6 ? 3 : 1;
  const header = Buffer.from([isV6 ? 10 : 2, 0, 0, 0]);
  const tuple = encodeAttribute(
    attribute[side] | nested,
    encodeAttribute(tupleIp | nested, encodeAttribute(source, bytes)),
  );
  const filter = encodeAttribute(attribute.filter | nested, uint32(filterFlags[side], filterBySource));
  for (const { body } of askKernel(
    protocol.netfilter,
    { type: getConnection, flags: dump },
    header,
    tuple,
    filter,
  )) {
    const connection = parseAttributes(body.subarray(headerBytes));
    const ends = parseAttributes(connection.get(attribute[side]) ?? Buffer.alloc(0)).get(tupleIp);
    const found = parseAttributes(ends ?? Buffer.alloc(0)).get(source);
    if (found?.equals(bytes)) forget(header, connection);
  }
}

function forget(header: Buffer, connection: ReadonlyMap<number, Buffer>): void {
  const copied = [attribute.original, attribute.id, attribute.zone].flatMap((type) => {
    const payload = connection.get(type);
    return payload ? encodeAttribute(type === attribute.original ? type | nested : type, payload) : [];
  });
  try {
    askKernel(protocol.netfilter, { type: deleteConnection }, header, ...copied);
  } catch (error) {
    // It ended by itself meanwhile.
    if (!isAbsent(error)) throw error;
  }
}

function uint32(type: number, value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return encodeAttribute(type, bytes);
}
