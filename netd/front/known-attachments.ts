import type { AttachmentFacts } from "../contract/attachment.ts";

/**
 * The attachments as the worker has told of them, and the ones that it was just asked for: what is decided is charged
 * before the next request is looked at (Q6, Q7).
 */
export class KnownAttachments {
  readonly #known = new Map<string, AttachmentFacts>();
  readonly #waiting = new Set<() => void>();

  /** One that was decided to be made, or that the worker tells of. */
  set(attachment: AttachmentFacts): void {
    this.#known.set(attachment.id, attachment);
    this.#wake();
  }

  remove(id: string): void {
    this.#known.delete(id);
    this.#wake();
  }

  get(id: string): AttachmentFacts | undefined {
    return this.#known.get(id);
  }

  /** Oldest first. */
  all(): AttachmentFacts[] {
    return [...this.#known.values()].sort((a, b) => a.createdAtMs - b.createdAtMs);
  }

  /** Waits until the condition holds, or gives up. Asked again after each change. */
  async waitUntil(condition: () => boolean, timeoutMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const check = () => {
      if (condition()) resolve();
    };
    this.#waiting.add(check);
    const timer = setTimeout(resolve, timeoutMs);
    check();
    await promise;
    clearTimeout(timer);
    this.#waiting.delete(check);
  }

  #wake(): void {
    for (const check of [...this.#waiting]) check();
  }
}
