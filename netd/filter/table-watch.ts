import { type Message, parseAttributes, parseMessages, textOf } from "../netlink/message.ts";
import { protocol, subscribe } from "../netlink/request.ts";
import type { FileDescriptor } from "../sys/libc.ts";
import { tableName } from "./transactions.ts";

/** linux/netfilter/nfnetlink.h and nf_tables.h. */
const nftablesGroup = 7;
const nftablesSubsystem = 10;
const newGeneration = 15;
/** struct nfgenmsg. */
const headerBytes = 4;
/** In every message of nf_tables but {@link newGeneration}, the attribute that names the table. */
const tableAttribute = 1;
/** A transaction for a thousand attachments is some megabytes of notifications. */
const bufferBytes = 64 << 20;

/**
 * Sees every transaction of nftables on the machine, and tells when one that is not netd's has touched netd's tables
 * (D10). The kernel sends what a transaction has done, and then that the generation is a new one.
 */
export class TableWatch implements Disposable {
  readonly #socket: FileDescriptor = subscribe(protocol.netfilter, nftablesGroup, bufferBytes);
  readonly #reader = Bun.file(this.#socket.number).stream().getReader();
  /** Transactions of netd's that have not been seen yet. */
  #expected = 0;
  #hasTouched = false;
  #isClosed = false;

  /** @param onTampered called once for each foreign transaction; also when notifications were lost */
  constructor(private readonly onTampered: () => void) {
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
    void this.#reader.cancel();
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
        throw error;
      }
    }
  }

  #see({ type, body }: Message): void {
    if (type >> 8 !== nftablesSubsystem) return;
    if ((type & 0xff) !== newGeneration) {
      const table = parseAttributes(body.subarray(headerBytes)).get(tableAttribute);
      this.#hasTouched ||= textOf(table) === tableName;
      return;
    }
    if (!this.#hasTouched) return;
    this.#hasTouched = false;
    if (this.#expected > 0) this.#expected--;
    else this.#tampered();
  }

  #tampered(): void {
    this.#expected = 0;
    this.onTampered();
  }
}
