import type { AttachedStreams, OutputStream } from "../attach/attach-streams.ts";
import type { AttachOptions } from "../container/attached-container.ts";

/** This process's own standard input, output and error, and its terminal if it has one. */
export interface OwnStreams {
  readonly kind: "own";
  /** What is typed to leave and let it go on, as bytes. Default: nothing, one cannot leave. */
  readonly detachKeys?: Uint8Array;
  /** `pass`: signals that this process gets are the container's; default `keep`. */
  readonly signals?: "pass" | "keep";
  /** `keep`: its standard input is left alone. Default `pass`. */
  readonly stdin?: "pass" | "keep";
  /** Of what is printed, the streams that are shown. Default both. */
  readonly outputs?: readonly OutputStream[];
}

/** Streams of the caller's. */
export interface GivenStreams extends AttachedStreams {
  readonly kind: "given";
}

/** Where what is typed comes from, and where what is printed goes. */
export type Streams = OwnStreams | GivenStreams;

/** Standard input: all of it, or piece by piece. */
export type Input = string | Uint8Array | AsyncIterable<Uint8Array>;

/** Standard output and error. */
export const bothOutputs: readonly OutputStream[] = ["stdout", "stderr"];

/** What the parts below want to know of streams. */
export function attachOptionsOf(streams: Streams): AttachOptions {
  if (streams.kind === "given")
    return { detachKeys: new Uint8Array(), signals: "keep", stdin: streams.input !== undefined, streams };
  return {
    detachKeys: streams.detachKeys ?? new Uint8Array(),
    signals: streams.signals ?? "keep",
    stdin: streams.stdin !== "keep",
    attached: streams.outputs ?? bothOutputs,
  };
}

/** Keeps all that is printed, in memory. */
export class CapturedStreams implements GivenStreams {
  readonly kind = "given";
  readonly input?: AsyncIterable<Uint8Array>;
  readonly #chunks: Readonly<Record<OutputStream, Uint8Array[]>> = { stdout: [], stderr: [] };

  constructor(input: Input | undefined) {
    if (input !== undefined) this.input = piecesOf(input);
  }

  write(stream: OutputStream, bytes: Uint8Array): void {
    this.#chunks[stream].push(Uint8Array.from(bytes));
  }

  get captured(): { readonly stdout: Uint8Array; readonly stderr: Uint8Array } {
    const { stdout, stderr } = this.#chunks;
    return { stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr) };
  }
}

async function* piecesOf(input: Input): AsyncGenerator<Uint8Array> {
  if (typeof input === "string") yield Buffer.from(input);
  else if (input instanceof Uint8Array) yield input;
  else yield* input;
}
