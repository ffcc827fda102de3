import { mkdirSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import type { NetnsIdentity } from "../contract/attachment.ts";
import type { FileDescriptor } from "../sys/libc.ts";
import { closeOnExec, duplicate } from "../sys/unix-listener.ts";
import type { PinDirectory } from "./pins.ts";
import { identityOf, NetnsRefused, requireNetworkNamespace } from "./verify-netns.ts";

/** Who keeps descriptors for the next netd. */
export interface PinStore {
  store(name: string, fd: number): void;
  remove(name: string): void;
}

/**
 * Namespaces kept alive by an open descriptor each, until their DEL is done (N9), and by the same descriptors with
 * systemd while no netd runs. In the directory, which only root can enter, links lead to the descriptors: what plugins
 * are told stays the same over restarts (N11).
 */
export class DescriptorPins implements PinDirectory {
  readonly #pins = new Map<string, FileDescriptor>();

  /** @param restored what the store has given back, by attachment; what is no network namespace is let go */
  constructor(
    readonly path: string,
    private readonly store: PinStore,
    restored: ReadonlyMap<string, number>,
  ) {
    for (const [id, number] of restored) this.#restore(id, closeOnExec(number));
  }

  #restore(id: string, fd: FileDescriptor): void {
    try {
      requireNetworkNamespace(fd);
      this.#pins.set(id, fd);
    } catch (error) {
      if (!(error instanceof NetnsRefused)) throw error;
      fd[Symbol.dispose]();
      this.store.remove(id);
    }
  }

  open(): void {
    mkdirSync(this.path, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(this.path)) rmSync(join(this.path, name));
    for (const [id, fd] of this.#pins) this.#link(id, fd);
  }

  pathOf(id: string): string {
    return join(this.path, id);
  }

  pin(id: string, netns: FileDescriptor): void {
    if (this.#pins.has(id)) throw new Error(`${id} is pinned already`);
    const fd = duplicate(netns.number);
    this.#pins.set(id, fd);
    this.store.store(id, fd.number);
    this.#link(id, fd);
  }

  holds(id: string, expected: NetnsIdentity): boolean {
    const fd = this.#pins.get(id);
    if (!fd) return false;
    const found = identityOf(fd);
    return found.inode === expected.inode && found.id === expected.id;
  }

  unpin(id: string): void {
    rmSync(this.pathOf(id), { force: true });
    this.store.remove(id);
    this.#pins.get(id)?.[Symbol.dispose]();
    this.#pins.delete(id);
  }

  list(): string[] {
    return [...this.#pins.keys()];
  }

  /** By the number of this process: a plugin would look into its own descriptors under /proc/self. */
  #link(id: string, fd: FileDescriptor): void {
    symlinkSync(`/proc/${process.pid}/fd/${fd.number}`, this.pathOf(id));
  }
}
