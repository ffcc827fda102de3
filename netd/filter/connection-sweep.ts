import { messageOf } from "../errors.ts";
import { forgetConnectionsOf } from "../netlink/tracked-connections.ts";
import { type FilteredAttachment, withoutPrefix } from "./attachment.ts";

/** The kernel looks at every bucket of its table for this, so it is done for many attachments at once. */
const delayMs = 500;

/**
 * Ends the tracking of connections of attachments that are gone: soon, or when another one is about to have an address
 * or a port of theirs.
 */
export class ConnectionSweep implements AsyncDisposable {
  #gone: FilteredAttachment[] = [];
  #timer: NodeJS.Timeout | undefined;
  #last: Promise<void> = Promise.resolve();

  constructor(private readonly report: (line: string) => void) {}

  add(attachment: FilteredAttachment): void {
    this.#gone.push(attachment);
    this.#timer ??= setTimeout(() => {
      this.#sweep().catch((error: unknown) =>
        this.report(`connections of attachments that are gone are still tracked: ${messageOf(error)}`),
      );
    }, delayMs);
  }

  /** Waits until nothing of what an attachment is about to have is tracked as another one's. */
  async readyFor(attachment: FilteredAttachment): Promise<void> {
    await this.#last.catch(() => undefined);
    const wanted = new Set(claimsOf(attachment));
    if (this.#gone.some((other) => claimsOf(other).some((claim) => wanted.has(claim)))) await this.#sweep();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#gone.length > 0) await this.#sweep();
  }

  #sweep(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const addresses = this.#gone.flatMap((attachment) => attachment.addresses.map(withoutPrefix));
    this.#gone = [];
    this.#last = forgetConnectionsOf(new Set(addresses));
    return this.#last;
  }
}

function claimsOf({ addresses, ports }: FilteredAttachment): string[] {
  return [
    ...addresses.map(withoutPrefix),
    ...ports.map(({ protocol, hostPort }) => `${protocol} ${hostPort}`),
  ];
}
