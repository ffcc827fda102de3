import type { PacketSocket } from "../sys/packet-socket.ts";
import { DetachFilter } from "./detach-keys.ts";

/** Where a container's input comes from, and its output goes. */
export interface AttachedStreams {
  /** Its end is the end of the container's standard input, where that is once for all. Without it nothing is sent. */
  readonly input?: AsyncIterable<Uint8Array>;
  /** Called with the next bytes when the last call has come to its end. The bytes are lost after it. */
  readonly write: (stream: OutputStream, bytes: Uint8Array) => Promise<void> | void;
}

export type OutputStream = "stdout" | "stderr";

export interface AttachRules {
  /** What a terminal sends for the detach keys; empty: none. */
  readonly detachKeys: Uint8Array;
  /** What the end of our input means: that of the container's, that we leave, or both. */
  readonly atInputEnd: "end-input" | "detach" | "end-input-and-detach";
}

/** conmon reads messages of up to 32 KiB, and sends 8 KiB at once after a byte that names the stream. */
const longestMessageBytes = 8192;
const receiveBufferBytes = 64 * 1024;
const streamOf: Readonly<Record<number, OutputStream>> = { 2: "stdout", 3: "stderr" };

/**
 * Passes on what a container reads and prints, over conmon's socket, until its end or until the detach keys are typed.
 * Disposes of the socket.
 */
export async function attachStreams(
  socket: PacketSocket,
  streams: AttachedStreams,
  { detachKeys, atInputEnd }: AttachRules,
): Promise<"ended" | "detached"> {
  using connection = socket;
  const { input } = streams;
  if (!input) {
    await passOutput(connection, streams);
    return "ended";
  }
  const { promise: inputEnd, resolve: detach, reject } = Promise.withResolvers<"detached">();
  const chunks = input[Symbol.asyncIterator]();
  let isLeft = false;
  passInput(connection, { [Symbol.asyncIterator]: () => chunks }, detachKeys).then((isDetached) => {
    if (isDetached || atInputEnd === "detach") return detach("detached");
    if (atInputEnd === "end-input") return connection.endSending();
    // What has come by then is read, so that conmon is not told of a broken connection before it has all that we have sent.
    isLeft = true;
    connection.endBoth();
  }, reject);
  const outputEnd = passOutput(connection, streams).then(() => (isLeft ? "detached" : "ended"));
  try {
    return await Promise.race([outputEnd, inputEnd]);
  } finally {
    // Whoever makes the input hears that nobody wants more of it. It may never answer.
    chunks.return?.().catch(() => undefined);
  }
}

async function passOutput(socket: PacketSocket, streams: AttachedStreams): Promise<void> {
  const buffer = Buffer.alloc(receiveBufferBytes);
  for (let packet = await socket.receive(buffer); packet; packet = await socket.receive(buffer)) {
    const stream = streamOf[packet[0] ?? 0];
    if (stream) await streams.write(stream, packet.subarray(1));
  }
}

/** True when the detach keys were typed; false at the end of the input, or when nobody listens any more. */
async function passInput(
  socket: PacketSocket,
  input: AsyncIterable<Uint8Array>,
  detachKeys: Uint8Array,
): Promise<boolean> {
  const filter = new DetachFilter(detachKeys);
  for await (const chunk of input) {
    const { keys, isDetached } = filter.filter(chunk);
    for (let start = 0; start < keys.length; start += longestMessageBytes)
      if (!(await socket.send(keys.subarray(start, start + longestMessageBytes)))) return false;
    if (isDetached) return true;
  }
  return false;
}
