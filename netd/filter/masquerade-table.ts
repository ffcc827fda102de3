import { addElements, deleteElements, type InterfaceAddress, wholeTable } from "./ruleset.ts";

/** Runs one nft transaction. Throws when the kernel refuses it. */
export type RunNft = (script: string) => Promise<void>;

/** The masquerading of all attachments. An address that two of them have stays until both have let go of it. */
export class MasqueradeTable {
  readonly #owners = new Map<InterfaceAddress, Set<string>>();

  constructor(private readonly runNft: RunNft) {}

  /** Makes the kernel's table anew for exactly these owners. */
  async reset(addressesOf: ReadonlyMap<string, readonly InterfaceAddress[]>): Promise<void> {
    this.#owners.clear();
    for (const [owner, addresses] of addressesOf) this.#own(owner, addresses);
    await this.runNft(wholeTable([...this.#owners.keys()]));
  }

  async add(owner: string, addresses: readonly InterfaceAddress[]): Promise<void> {
    this.#own(owner, addresses);
    if (addresses.length > 0) await this.runNft(addElements(addresses));
  }

  /** Does nothing for an owner that has none of these; so it may be tried again. */
  async remove(owner: string, addresses: readonly InterfaceAddress[]): Promise<void> {
    const unused = addresses.filter((address) => {
      const owners = this.#owners.get(address);
      return owners === undefined || (owners.has(owner) && owners.size === 1);
    });
    if (unused.length > 0) await this.runNft(deleteElements(unused));
    for (const address of addresses) {
      this.#owners.get(address)?.delete(owner);
      if (this.#owners.get(address)?.size === 0) this.#owners.delete(address);
    }
  }

  #own(owner: string, addresses: readonly InterfaceAddress[]): void {
    for (const address of addresses)
      this.#owners.set(address, (this.#owners.get(address) ?? new Set()).add(owner));
  }
}
