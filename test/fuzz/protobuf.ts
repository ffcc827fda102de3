import type { Random } from "../fixtures/random.ts";

/** One field as it is on the wire (protobuf's encoding): its number, its wire type, and its value's bytes. */
interface Field {
  readonly number: number;
  readonly wireType: number;
  readonly value: Buffer;
}

const varint = 0;
const lengthDelimited = 2;

/** Numbers at which varints, descriptors, ports, enums and signs have their ends. */
const numbers = [
  0n,
  1n,
  2n,
  3n,
  4n,
  127n,
  128n,
  80n,
  1023n,
  1024n,
  8080n,
  8999n,
  9000n,
  65535n,
  65536n,
  1n << 20n,
  (1n << 20n) + 1n,
  (1n << 31n) - 1n,
  1n << 31n,
  (1n << 32n) - 1n,
  1n << 32n,
  (1n << 63n) - 1n,
  1n << 63n,
  (1n << 64n) - 1n,
] as const;

/** A change of a message, or of one that is inside of it. What is no message is left as it is. */
export function mutateMessage(message: Buffer, random: Random, dictionary: readonly Buffer[]): Buffer {
  const fields = fieldsOf(message);
  if (!fields) return message;
  const at = random.below(fields.length + 1);
  const field = fields[at] ?? { number: 1 + random.below(12), wireType: lengthDelimited, value: Buffer.of() };
  const others = fields.filter((_, index) => index !== at);
  const put = (...changed: readonly Field[]) =>
    encode([...others.slice(0, at), ...changed, ...others.slice(at)]);
  switch (random.below(8)) {
    case 0:
      return put();
    case 1:
      return put(...Array.from({ length: random.of([2, 3, 20, 300]) }, () => field));
    case 2:
      return put({ ...field, number: random.of([0, 1 + random.below(12), 15, 16, 536_870_911]) });
    case 3:
      return put({ ...field, wireType: random.below(8) });
    case 4:
      return encode([...others, field]);
    default:
      return put({ ...field, value: mutateValue(field, random, dictionary) });
  }
}

function mutateValue({ wireType, value }: Field, random: Random, dictionary: readonly Buffer[]): Buffer {
  if (wireType === varint) return encodeVarint(random.pick(numbers) ?? 0n, random);
  if (wireType !== lengthDelimited) return random.bytes(value.length);
  const piece = random.pick(dictionary) ?? Buffer.of();
  switch (random.below(5)) {
    case 0:
      return Buffer.concat([value, piece]);
    case 1:
      return mutateMessage(value, random, dictionary);
    case 2:
      return value.subarray(0, random.below(value.length + 1));
    default:
      return piece;
  }
}

/** The fields of a message; undefined for bytes that are none. */
function fieldsOf(message: Buffer): Field[] | undefined {
  const fields: Field[] = [];
  for (let at = 0; at < message.length; ) {
    const tag = readVarint(message, at);
    if (!tag) return undefined;
    const wireType = Number(tag.value & 7n);
    const end = endOfValue(message, tag.end, wireType);
    if (end === undefined || end > message.length) return undefined;
    const start = wireType === lengthDelimited ? (readVarint(message, tag.end)?.end ?? end) : tag.end;
    fields.push({ number: Number(tag.value >> 3n), wireType, value: message.subarray(start, end) });
    at = end;
  }
  return fields;
}

function endOfValue(message: Buffer, at: number, wireType: number): number | undefined {
  const number = readVarint(message, at);
  switch (wireType) {
    case varint:
      return number?.end;
    case 1:
      return at + 8;
    case lengthDelimited:
      return number && number.end + Number(number.value);
    case 5:
      return at + 4;
    default:
      return undefined;
  }
}

function readVarint(bytes: Buffer, at: number): { readonly value: bigint; readonly end: number } | undefined {
  let value = 0n;
  for (let index = 0; index < 10; index++) {
    const byte = bytes[at + index];
    if (byte === undefined) return undefined;
    value |= BigInt(byte & 0x7f) << BigInt(7 * index);
    if (byte < 0x80) return { value, end: at + index + 1 };
  }
  return undefined;
}

function encode(fields: readonly Field[]): Buffer {
  return Buffer.concat(
    fields.flatMap(({ number, wireType, value }) => {
      const tag = encodeVarint((BigInt(number) << 3n) | BigInt(wireType));
      return wireType === lengthDelimited ? [tag, encodeVarint(BigInt(value.length)), value] : [tag, value];
    }),
  );
}

/** With a generator: sometimes longer than it has to be. */
function encodeVarint(value: bigint, random?: Random): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>= 7n) {
    const isLast = rest < 0x80n;
    bytes.push(Number(rest & 0x7fn) | (isLast ? 0 : 0x80));
    if (isLast) break;
  }
  if (random?.chance(10)) {
    bytes.push(0);
    bytes[bytes.length - 2] = (bytes.at(-2) ?? 0) | 0x80;
  }
  return Buffer.from(bytes);
}
