import { Address4, Address6 } from "ip-address";
import type { HostAddressing } from "../../policy/address/overlaps.ts";
import { bytesOfAddress } from "../sys/address-bytes.ts";
import { SystemCallError } from "../sys/libc.ts";
import { family as ipFamily } from "../sys/sockets.ts";
import { listLinks } from "./links.ts";
import { encodeAttribute, type Message, parseAttributes } from "./message.ts";
import { askKernel, dump, protocol } from "./request.ts";

const newAddress = 20;
const getAddress = 22;
const newRoute = 24;
const getRoute = 26;
/** struct ifaddrmsg and struct rtmsg. */
const addressHeaderBytes = 8;
const routeHeaderBytes = 12;
const addressAttribute = { address: 1, local: 2 } as const;
const routeAttribute = { destination: 1, outputInterface: 4, table: 15 } as const;
/** RTN_UNICAST: routes that lead somewhere. */
const unicast = 1;
/** RT_TABLE_LOCAL: the host's own addresses again. */
const localTable = 255;
/** RTM_F_CLONED: what the kernel has remembered of a route, not a route. */
const remembered = 0x200;

/**
 * All addresses and routes of the host, in all tables: what a network of containers must not take from it (D6).
 * Throws SystemCallError.
 */
export function hostAddressing(): HostAddressing {
  const names = new Map(listLinks().map(({ index, name }) => [index, name]));
  const deviceOf = (index: number | undefined) =>
    index === undefined ? "" : (names.get(index) ?? `#${index}`);
  const anyFamily = Buffer.alloc(routeHeaderBytes);
  return {
    addresses: askKernel(protocol.route, { type: getAddress, flags: dump }, anyFamily)
      .filter(({ type }) => type === newAddress)
      .flatMap((message) => addressIn(message, deviceOf)),
    routes: askKernel(protocol.route, { type: getRoute, flags: dump }, anyFamily)
      .filter(({ type }) => type === newRoute)
      .flatMap((message) => routeIn(message, deviceOf)),
  };
}

/** RTN_LOCAL. */
const local = 2;

/** Whether the host has an address now, as its routing sees it; costs the same however many there are. */
export function isHostsAddress(address: string): boolean {
  const bytes = bytesOfAddress(address);
  const header = Buffer.alloc(routeHeaderBytes);
  header.writeUInt8(bytes.length === 4 ? ipFamily.inet : ipFamily.inet6, 0);
  header.writeUInt8(bytes.length * 8, 1);
  try {
    const wanted = encodeAttribute(routeAttribute.destination, bytes);
    const answer = askKernel(protocol.route, { type: getRoute }, header, wanted);
    return answer.some(({ type, body }) => type === newRoute && body.readUInt8(7) === local);
  } catch (error) {
    // No way leads there: so it is not here, either.
    if (error instanceof SystemCallError) return false;
    throw error;
  }
}

type DeviceOf = (index: number | undefined) => string;

function addressIn({ body }: Message, deviceOf: DeviceOf): HostAddressing["addresses"] {
  const attributes = parseAttributes(body.subarray(addressHeaderBytes));
  // Of a point-to-point interface the "address" is the other end's.
  const bytes = attributes.get(addressAttribute.local) ?? attributes.get(addressAttribute.address);
  if (!bytes) return [];
  const prefixLength = body.readUInt8(1);
  return [{ address: `${textOf(bytes)}/${prefixLength}`, device: deviceOf(body.readUInt32LE(4)) }];
}

function routeIn({ body }: Message, deviceOf: DeviceOf): HostAddressing["routes"] {
  const attributes = parseAttributes(body.subarray(routeHeaderBytes));
  const table = attributes.get(routeAttribute.table)?.readUInt32LE(0) ?? body.readUInt8(4);
  const isRemembered = (body.readUInt32LE(8) & remembered) !== 0;
  if (body.readUInt8(7) !== unicast || table === localTable || isRemembered) return [];
  const bytes = attributes.get(routeAttribute.destination);
  return [
    {
      destination: bytes ? `${textOf(bytes)}/${body.readUInt8(1)}` : "default",
      device: deviceOf(attributes.get(routeAttribute.outputInterface)?.readUInt32LE(0)),
    },
  ];
}

function textOf(bytes: Buffer): string {
  const address = BigInt(`0x${bytes.toString("hex")}`);
  return (bytes.length === 4 ? Address4.fromBigInt(address) : Address6.fromBigInt(address)).correctForm();
}
