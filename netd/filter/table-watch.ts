import { type Message, parseAttributes, parseMessages, textOf } from "../netlink/message.ts";
import { KernelSocket, protocol, subscribe } from "../netlink/request.ts";
import { tableName } from "./transactions.ts";

/** linux/netfilter/nfnetlink.h and nf_tables.h. */
const nftablesGroup = 7;
const nftablesSubsystem = 10;
const newGeneration = 15;
const getGeneration = 16;
const generationAttribute = 1;
/** struct nfgenmsg. */
const headerBytes = 4;
/** In every message of nf_tables but {@link newGeneration}, the attribute that names the table. */
const tableAttribute = 1;
/** A transaction for a thousand attachments is some megabytes of notifications. */
const bufferBytes = 64 << 20;
/** How often it is seen to that no notification was lost. */
const checkIntervalMs = 400;

/**
 * Sees every transaction of nftables on the machine, and tells when one that is not netd's has touched netd's tables
 * (D10). The kernel sends what a transaction has done, and then that the generation is a new one.
 */
export class TableWatch implements Disposable {
  readonly #notifications = subscribe(protocol.netfilter, nftablesGroup, bufferBytes);
  #reader = this.#newReader();
  readonly #socket = new KernelSocket(protocol.netfilter);
  readonly #check = setInterval(() => this.#missed(), checkIntervalMs);
  /** Transactions of netd's that have not been seen yet. */
  #expected = 0;
  #hasTouched = false;
  /** Of the last transaction that was seen. */
  #generation = this.#currentGeneration();
  /** What {@link #missed} found last, if it has not been seen by then. */
  #awaited: number | undefined;
  #isClosed = false;

  /** @param onTampered called once for each foreign transaction; also when notifications were lost */
  constructor(private readonly onTampered: () => void) {
    this.#check.unref();
    void this.#read();
  }

  /** Runs a transaction of netd's own. It must do something, or it would be waited for in vain. */
  async own(transaction: () => Promise<void> | void): Promise<void> {
    this.#expected++;
    try {
      await transaction();
    } catch (error) {
      // Nothing was done. If it was taken for done, then what was seen was somebody else's.
      this.#expected--;
      if (this.#expected < 0) this.#tampered();
      throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#isClosed = true;
    clearInterval(this.#check);
    void this.#reader.cancel();
    this.#notifications[Symbol.dispose]();
    this.#socket[Symbol.dispose]();
  }

  async #read(): Promise<void> {
    while (!this.#isClosed) {
      try {
        const { done, value } = await this.#reader.read();
        if (done) return;
        for (const message of parseMessages(Buffer.from(value))) this.#see(message);
      } catch (error) {
        if (this.#isClosed) return;
        const isLoss = error instanceof Error && "code" in error && error.code === "ENOBUFS";
        if (!isLoss) throw error;
        // Too many waited to be read. A stream ends with its first error.
        this.#reader = this.#newReader();
        this.#tampered();
      }
    }
  }

  #newReader() {
    return Bun.file(this.#notifications.number).stream().getReader();
  }

  #see({ type, body }: Message): void {
    if (type >> 8 !== nftablesSubsystem) return;
    const attributes = parseAttributes(body.subarray(headerBytes));
    if ((type & 0xff) !== newGeneration) {
      this.#hasTouched ||= textOf(attributes.get(tableAttribute)) === tableName;
      return;
    }
    this.#generation = attributes.get(generationAttribute)?.readUInt32BE(0) ?? this.#generation;
    if (!this.#hasTouched) return;
    this.#hasTouched = false;
    if (this.#expected > 0) this.#expected--;
    else this.#tampered();
  }

  /**
   * A second way to the same: when a transaction is never seen, the generation stays another one than the last that was.
   */
  #missed(): void {
    const current = this.#currentGeneration();
    if (current === this.#generation) {
      this.#awaited = undefined;
    } else if (current === this.#awaited) {
      this.#generation = current;
      this.#awaited = undefined;
      this.#tampered();
    } else {
      this.#awaited = current;
    }
  }

  #currentGeneration(): number {
    const header = Buffer.from([0, 0, 0, nftablesSubsystem]);
    const type = (nftablesSubsystem << 8) | getGeneration;
    const [answer] = this.#socket.ask({ type, body: [header] });
    const attributes = parseAttributes(answer?.body.subarray(headerBytes) ?? Buffer.alloc(0));
    return attributes.get(generationAttribute)?.readUInt32BE(0) ?? 0;
  }

  #tampered(): void {
    this.#expected = 0;
    this.#hasTouched = false;
    this.onTampered();
  }
}
