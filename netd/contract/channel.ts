import { connect, type NetConnectOpts, type Socket } from "node:net";

/** What the other half does. */
export interface ChannelEvents {
  /** One message; outside data for whoever does not trust the other half. */
  readonly onMessage: (message: unknown) => void;
  /** The other half is gone, or `fault` says what it has done that it must not; nothing comes after this. */
  readonly onEnd: (fault: string | undefined) => void;
}

export interface ChannelLimits {
  /** Of one line that the other half sends, its newline included. */
  readonly lineBytes: number;
  /** What may wait to be taken by the other half; one that does not read is given up. */
  readonly backlogBytes: number;
}

const newline = 0x0a;

/**
 * Messages between the two halves of netd: one JSON document a line, over one end of a socket pair. Both directions are
 * bounded, because one half must not be able to fill the other's memory.
 */
export class Channel implements Disposable {
  readonly #socket: Socket;
  #pending: Buffer[] = [];
  #pendingBytes = 0;
  #isOpen = true;

  /** Takes over the descriptor. */
  constructor(
    fd: number,
    private readonly limits: ChannelLimits,
    private readonly events: ChannelEvents,
  ) {
    // Bun's connect takes a descriptor, as its documentation of "socket-fd" says; Node's types do not know that.
    this.#socket = connect({ fd } as unknown as NetConnectOpts);
    this.#socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    // A half that is killed leaves an error as often as an end.
    this.#socket.on("error", () => this.#end(undefined));
    this.#socket.on("close", () => this.#end(undefined));
  }

  /** Sends a message; messages arrive in order. Does nothing when the other half is gone. */
  send(message: object): void {
    if (!this.#isOpen) return;
    this.#socket.write(`${JSON.stringify(message)}\n`);
    if (this.#socket.writableLength > this.limits.backlogBytes) this.#end("it does not read what it is told");
  }

  /** Closes this end, after what was sent. `onEnd` is not called. */
  [Symbol.dispose](): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#socket.end();
  }

  #receive(chunk: Buffer): void {
    let rest = chunk;
    for (let end = rest.indexOf(newline); end >= 0 && this.#isOpen; end = rest.indexOf(newline)) {
      this.#pending.push(rest.subarray(0, end));
      this.#take(Buffer.concat(this.#pending));
      this.#pending = [];
      this.#pendingBytes = 0;
      rest = rest.subarray(end + 1);
    }
    if (rest.length === 0) return;
    this.#pending.push(rest);
    this.#pendingBytes += rest.length;
    if (this.#pendingBytes >= this.limits.lineBytes) this.#end("it has sent a line that is too long");
  }

  #take(line: Buffer): void {
    const message = line.length < this.limits.lineBytes ? parseJson(line) : undefined;
    if (message === undefined) this.#end("it has sent a line that is too long, or no JSON");
    else this.events.onMessage(message.value);
  }

  #end(fault: string | undefined): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#socket.destroy();
    this.events.onEnd(fault);
  }
}

function parseJson(line: Buffer): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(line.toString("utf8")) };
  } catch {
    return undefined;
  }
}
