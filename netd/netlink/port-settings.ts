import { bytesOfMac } from "../sys/address-bytes.ts";
import { encodeAttribute, nested } from "./message.ts";
import { askKernel, protocol } from "./request.ts";

const create = 0x400;
const replace = 0x100;
const bridgeFamily = 7;

/** linux/rtnetlink.h. */
const setLink = 19;
const newNeighbor = 28;
const newQdisc = 36;
const newFilter = 44;

/** Attributes of a bridge's port (linux/if_link.h, IFLA_BRPORT_*); each is on or off. */
const portAttributes = {
  hairpin: 4,
  bpduGuard: 5,
  rootBlock: 6,
  learning: 8,
  unicastFlood: 9,
  isolated: 33,
} as const;

export type PortFlags = Readonly<Record<keyof typeof portAttributes, boolean>>;

/** Throws SystemCallError; also when the link is no port of a bridge. */
export function setPortFlags(linkIndex: number, flags: PortFlags): void {
  const attributes = Object.entries(portAttributes).map(([name, type]) =>
    encodeAttribute(type, Buffer.from([flags[name as keyof PortFlags] ? 1 : 0])),
  );
  const header = Buffer.alloc(16);
  header.writeUInt8(bridgeFamily, 0);
  header.writeInt32LE(linkIndex, 4);
  const protocolInfo = encodeAttribute(12 | nested, ...attributes);
  askKernel(protocol.route, { type: setLink }, header, protocolInfo);
}

/** Says at which port a MAC is, for good: no frame on another port moves it. Throws SystemCallError. */
export function pinMac(linkIndex: number, mac: string): void {
  const [noArp, ofMaster, sticky] = [0x40, 0x04, 0x40];
  const header = Buffer.alloc(12);
  header.writeUInt8(bridgeFamily, 0);
  header.writeInt32LE(linkIndex, 4);
  header.writeUInt16LE(noArp, 8);
  header.writeUInt8(ofMaster | sticky, 10);
  const address = encodeAttribute(2, bytesOfMac(mac));
  askKernel(protocol.route, { type: newNeighbor, flags: create | replace }, header, address);
}

/** An instruction of classic BPF (bpf(4)). */
export interface BpfInstruction {
  readonly code: number;
  readonly jumpTrue: number;
  readonly jumpFalse: number;
  readonly value: number;
}

export type Direction = "ingress" | "egress";

/** tc-bpf(8), direct action: has programs decide about what comes in by a link and goes out. Throws SystemCallError. */
export function setPrograms(
  linkIndex: number,
  programs: Readonly<Partial<Record<Direction, readonly BpfInstruction[]>>>,
): void {
  const ask = (type: number, flags: number, [handle, parent, info]: readonly number[], ...rest: Buffer[]) => {
    const header = Buffer.alloc(20);
    header.writeInt32LE(linkIndex, 4);
    header.writeUInt32LE(handle ?? 0, 8);
    header.writeUInt32LE(parent ?? 0, 12);
    header.writeUInt32LE(info ?? 0, 16);
    askKernel(protocol.route, { type, flags }, header, ...rest);
  };
  const kind = (name: string) => encodeAttribute(1, Buffer.from(`${name}\0`));
  ask(newQdisc, create | replace, [0xffff0000, 0xfffffff1, 0], kind("clsact"));
  const parents = { ingress: 0xfffffff2, egress: 0xfffffff3 } as const;
  // Priority 1, ETH_P_ALL.
  const info = 0x10000 | 0x0300;
  for (const [direction, program] of Object.entries(programs)) {
    const parent = parents[direction as Direction];
    ask(newFilter, create, [1, parent, info], kind("bpf"), encodeProgram(program));
  }
}

function encodeProgram(program: readonly BpfInstruction[]): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16LE(program.length);
  const instructions = program.map(({ code, jumpTrue, jumpFalse, value }) => {
    const bytes = Buffer.alloc(8);
    bytes.writeUInt16LE(code, 0);
    bytes.writeUInt8(jumpTrue, 2);
    bytes.writeUInt8(jumpFalse, 3);
    bytes.writeUInt32LE(value, 4);
    return bytes;
  });
  const directAction = Buffer.from([1, 0, 0, 0]);
  return encodeAttribute(
    2 | nested,
    encodeAttribute(4, length),
    encodeAttribute(5, ...instructions),
    encodeAttribute(8, directAction),
  );
}
