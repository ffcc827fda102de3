/** One netlink message (struct nlmsghdr), without what its family puts before the attributes taken off. */
export interface Message {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  /** Port of the socket that a notification is due to; 0 for the kernel. */
  readonly port: number;
  readonly body: Buffer;
}

const headerBytes = 16;
const attributeHeaderBytes = 4;
/** Nested and byte-order flags of an attribute's type (NLA_TYPE_MASK). */
const attributeTypeMask = 0x3fff;
export const nested = 0x8000;

function aligned(length: number): number {
  return (length + 3) & ~3;
}

/** The messages of one datagram. Throws for one that was cut off. */
export function parseMessages(datagram: Buffer): Message[] {
  const messages: Message[] = [];
  for (let offset = 0; offset + headerBytes <= datagram.length; ) {
    const length = datagram.readUInt32LE(offset);
    if (length < headerBytes || offset + length > datagram.length)
      throw new RangeError(`netlink: a message of ${length} bytes is not whole`);
    messages.push({
      type: datagram.readUInt16LE(offset + 4),
      flags: datagram.readUInt16LE(offset + 6),
      sequence: datagram.readUInt32LE(offset + 8),
      port: datagram.readUInt32LE(offset + 12),
      body: datagram.subarray(offset + headerBytes, offset + length),
    });
    offset += aligned(length);
  }
  return messages;
}

/** All attributes in `bytes`, in their order. Throws for one that was cut off. */
export function listAttributes(bytes: Buffer): { readonly type: number; readonly value: Buffer }[] {
  const attributes: { type: number; value: Buffer }[] = [];
  for (let offset = 0; offset + attributeHeaderBytes <= bytes.length; ) {
    const length = bytes.readUInt16LE(offset);
    if (length < attributeHeaderBytes || offset + length > bytes.length)
      throw new RangeError(`netlink: an attribute of ${length} bytes is not whole`);
    const type = bytes.readUInt16LE(offset + 2) & attributeTypeMask;
    attributes.push({ type, value: bytes.subarray(offset + attributeHeaderBytes, offset + length) });
    offset += aligned(length);
  }
  return attributes;
}

/** The attributes in `bytes` by type; of several with one type the last one. */
export function parseAttributes(bytes: Buffer): Map<number, Buffer> {
  return new Map(listAttributes(bytes).map(({ type, value }) => [type, value]));
}

/** A string attribute without the zero byte that ends it. */
export function textOf(attribute: Buffer | undefined): string {
  return attribute?.toString("latin1").replace(/\0.*$/s, "") ?? "";
}

/** One attribute, padded. `type` may carry {@link nested}. */
export function encodeAttribute(type: number, ...payload: readonly Buffer[]): Buffer {
  const length = attributeHeaderBytes + payload.reduce((sum, { length }) => sum + length, 0);
  const header = Buffer.alloc(attributeHeaderBytes);
  header.writeUInt16LE(length, 0);
  header.writeUInt16LE(type, 2);
  return Buffer.concat([header, ...payload, Buffer.alloc(aligned(length) - length)]);
}

export function encodeMessage(
  { type, flags, sequence }: Pick<Message, "type" | "flags" | "sequence">,
  ...body: readonly Buffer[]
): Buffer {
  const header = Buffer.alloc(headerBytes);
  header.writeUInt32LE(headerBytes + body.reduce((sum, { length }) => sum + length, 0), 0);
  header.writeUInt16LE(type, 4);
  header.writeUInt16LE(flags, 6);
  header.writeUInt32LE(sequence, 8);
  return Buffer.concat([header, ...body]);
}
