import type { Random } from "../fixtures/random.ts";

/** RFC 9113, 3.4. */
export const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/** RFC 9113, 6. */
export const frameType = {
  data: 0,
  headers: 1,
  priority: 2,
  resetStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;
export const flag = { endStream: 1, endHeaders: 4 } as const;

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
  /** What the frame says of its length, when that is not so. */
  readonly saidLength?: number;
}

export function encodeFrames(frames: readonly Frame[]): Buffer {
  return Buffer.concat(
    frames.flatMap(({ type, flags, stream, payload, saidLength = payload.length }) => {
      const header = Buffer.alloc(9);
      header.writeUIntBE(saidLength & 0xff_ffff, 0, 3);
      header.writeUInt8(type & 0xff, 3);
      header.writeUInt8(flags & 0xff, 4);
      header.writeUInt32BE(stream >>> 0, 5);
      return [header, payload];
    }),
  );
}

/** The frames after a preface; the last one may be cut. */
export function framesOf(bytes: Buffer): Frame[] {
  const frames: Frame[] = [];
  for (let at = 0; at + 9 <= bytes.length; ) {
    const length = bytes.readUIntBE(at, 3);
    const [type, flags, stream] = [
      bytes.readUInt8(at + 3),
      bytes.readUInt8(at + 4),
      bytes.readUInt32BE(at + 5),
    ];
    const payload = bytes.subarray(at + 9, at + 9 + length);
    frames.push({ type, flags, stream, payload, ...(payload.length < length ? { saidLength: length } : {}) });
    at += 9 + length;
  }
  return frames;
}

/** Literal fields that are not indexed, without Huffman's code (RFC 7541, 6.2.2). */
export function encodeHeaders(headers: readonly (readonly [string, string])[]): Buffer {
  const text = (value: string) => {
    const bytes = Buffer.from(value, "latin1");
    return Buffer.concat([encodeLength(bytes.length), bytes]);
  };
  return Buffer.concat(headers.flatMap(([name, value]) => [Buffer.of(0), text(name), text(value)]));
}

/** RFC 7541, 5.1, with a prefix of seven bits. */
function encodeLength(length: number): Buffer {
  if (length < 127) return Buffer.of(length);
  const bytes = [127];
  let rest = length - 127;
  for (; rest >= 128; rest >>= 7) bytes.push((rest & 127) | 128);
  return Buffer.from([...bytes, rest]);
}

const streams = [0, 1, 2, 3, 5, 0x7fff_ffff, 0x8000_0001] as const;

/** A change of the frames behind a preface. */
export function mutateFrames(
  input: Buffer,
  random: Random,
  mutatePayload: (frame: Frame, random: Random) => Buffer,
): Buffer {
  if (!input.subarray(0, preface.length).equals(preface)) return Buffer.concat([preface, input]);
  const frames = framesOf(input.subarray(preface.length));
  const at = random.below(frames.length + 1);
  const frame = frames[at] ?? strange(random);
  const put = (...changed: readonly Frame[]) => [...frames.slice(0, at), ...changed, ...frames.slice(at + 1)];
  const cut = random.below(frame.payload.length + 1);
  const changes = {
    without: () => put(),
    twice: () => put(frame, frame),
    many: () => put(...Array.from({ length: 200 }, () => frame)),
    type: () => put({ ...frame, type: random.below(12) }),
    flags: () => put({ ...frame, flags: frame.flags ^ (1 << random.below(8)) }),
    stream: () => put({ ...frame, stream: random.of(streams) }),
    length: () =>
      put({ ...frame, saidLength: random.of([0, cut, frame.payload.length + 1, 16_385, 0xff_ffff]) }),
    payload: () => put({ ...frame, payload: mutatePayload(frame, random) }),
    continued: () => put(...continued(frame, cut)),
    strange: () => put(frame, strange(random)),
    moved: () => [...put(), frame],
  };
  const kinds = Object.keys(changes) as (keyof typeof changes)[];
  const kind = random.chance(40) ? "payload" : (random.pick(kinds) ?? "twice");
  return Buffer.concat([preface, encodeFrames(changes[kind]())]);
}

/** The same, in two frames. */
function continued(frame: Frame, cut: number): Frame[] {
  const [head, tail] = [frame.payload.subarray(0, cut), frame.payload.subarray(cut)];
  const type = frame.type === frameType.headers ? frameType.continuation : frame.type;
  return [
    { ...frame, payload: head, flags: frame.flags & ~flag.endHeaders & ~flag.endStream },
    { ...frame, payload: tail, type },
  ];
}

/** Any frame that a client may send now and then. */
function strange(random: Random): Frame {
  const stream = random.of(streams);
  const number = random.of([0, 1, 0x7fff_ffff, 0xffff_ffff]);
  const payloadOf = (...numbers: number[]) => {
    const bytes = Buffer.alloc(numbers.length * 4);
    for (const [index, value] of numbers.entries()) bytes.writeUInt32BE(value, index * 4);
    return bytes;
  };
  const setting = Buffer.concat([Buffer.of(0, random.below(10)), payloadOf(number)]);
  return random.of<Frame>([
    { type: frameType.settings, flags: random.below(2), stream: 0, payload: setting },
    { type: frameType.settings, flags: 0, stream: 0, payload: Buffer.concat(Array(100).fill(setting)) },
    { type: frameType.ping, flags: 0, stream: 0, payload: random.bytes(8) },
    { type: frameType.resetStream, flags: 0, stream, payload: payloadOf(random.below(15)) },
    { type: frameType.windowUpdate, flags: 0, stream, payload: payloadOf(number) },
    {
      type: frameType.priority,
      flags: 0,
      stream,
      payload: Buffer.concat([payloadOf(number), random.bytes(1)]),
    },
    { type: frameType.goAway, flags: 0, stream: 0, payload: payloadOf(number, random.below(15)) },
    { type: frameType.pushPromise, flags: 4, stream, payload: payloadOf(2) },
    { type: random.below(256), flags: random.below(256), stream, payload: random.bytes(random.below(40)) },
  ]);
}
