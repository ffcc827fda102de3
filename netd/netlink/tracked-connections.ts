import { bytesOfAddress } from "../sys/address-bytes.ts";
import { encodeAttribute, nested, parseAttributes } from "./message.ts";
import { isAbsent, KernelSocket, protocol } from "./request.ts";

/** linux/netfilter/nfnetlink_conntrack.h: NFNL_SUBSYS_CTNETLINK and its messages. */
const getConnection = 0x101;
const deleteConnection = 0x102;
const attribute = { original: 1, reply: 2, id: 12, zone: 18 } as const;
const tupleIp = 1;
const sourceAddress = [1, 3] as const;
/** struct nfgenmsg. */
const headerBytes = 4;

/**
 * Ends the tracking of all connections that have one of these addresses at one end. Otherwise whoever gets the address
 * or a published port next would get what is still sent to the former one, and could answer it.
 * Looks at everything that is tracked on the machine: ask for many addresses at once. Throws SystemCallError.
 */
export async function forgetConnectionsOf(addresses: ReadonlySet<string>): Promise<void> {
  const ended = new Set([...addresses].map((address) => bytesOfAddress(address).toString("latin1")));
  using lister = new KernelSocket(protocol.netfilter);
  using remover = new KernelSocket(protocol.netfilter);
  const anyFamily = Buffer.alloc(headerBytes);
  for await (const { body } of lister.list({ type: getConnection, body: [anyFamily] })) {
    const connection = parseAttributes(body.subarray(headerBytes));
    // Replies come from whom the connection is to, even when the destination was rewritten to be it.
    const ends = [attribute.original, attribute.reply].map((side) => sourceOf(connection.get(side)));
    if (!ends.some((source) => ended.has(source))) continue;
    forget(remover, body.subarray(0, headerBytes), connection);
  }
}

function sourceOf(tuple: Buffer | undefined): string {
  const ip = parseAttributes(parseAttributes(tuple ?? Buffer.alloc(0)).get(tupleIp) ?? Buffer.alloc(0));
  return (
    sourceAddress.map((type) => ip.get(type)?.toString("latin1")).find((found) => found !== undefined) ?? ""
  );
}

function forget(socket: KernelSocket, header: Buffer, connection: ReadonlyMap<number, Buffer>): void {
  const copied = [attribute.original, attribute.id, attribute.zone].flatMap((type) => {
    const payload = connection.get(type);
    return payload ? encodeAttribute(type === attribute.original ? type | nested : type, payload) : [];
  });
  try {
    socket.ask({ type: deleteConnection, body: [header, ...copied] });
  } catch (error) {
    // It ended by itself meanwhile.
    if (!isAbsent(error)) throw error;
  }
}
