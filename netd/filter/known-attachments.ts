import type { Element } from "../netlink/nftables.ts";
import type { FilteredAttachment } from "./attachment.ts";
import { textOfElement } from "./element-text.ts";
import { type AttachmentRules, type Numbers, rulesOf } from "./elements.ts";

/** An attachment that is in the tables, or about to be. */
export interface Known {
  readonly attachment: FilteredAttachment;
  readonly rules: AttachmentRules;
}

/** The attachments that the tables are for: what belongs to whom, and what several of them share. No effects. */
export class KnownAttachments {
  readonly #known = new Map<string, Known>();
  /** By table, set and key, or by claim. */
  readonly #owners = new Map<string, string>();
  /** Indexes of the host's ends. */
  readonly #ends = new Set<number>();
  /** How many there are on each interface. */
  readonly #onInterface = new Map<string, number>();
  readonly #numbers = new UniqueNumbers();

  get(id: string): Known | undefined {
    return this.#known.get(id);
  }

  all(): Known[] {
    return [...this.#known.values()];
  }

  /** Whether a link is the host's end of one of them. */
  hasEnd(linkIndex: number): boolean {
    return this.#ends.has(linkIndex);
  }

  /** Throws when it needs what another one has: an address, a published port. */
  enter(attachment: FilteredAttachment): Known {
    const { id } = attachment;
    const rules = rulesOf(attachment, this.#numbers);
    const keys = claimsOf(rules);
    const taken = keys.find((key) => this.#owners.has(key));
    if (taken !== undefined)
      throw new Error(`attachment ${id} would share "${taken}" with attachment ${this.#owners.get(taken)}`);
    for (const key of keys) this.#owners.set(key, id);
    const known = { attachment, rules };
    this.#known.set(id, known);
    this.#ends.add(attachment.hostEnd.index);
    this.#count(attachment, 1);
    return known;
  }

  forget(id: string): void {
    const known = this.#known.get(id);
    if (!known) return;
    for (const key of claimsOf(known.rules)) this.#owners.delete(key);
    this.#known.delete(id);
    this.#ends.delete(known.attachment.hostEnd.index);
    this.#count(known.attachment, -1);
  }

  /** Interfaces from which the host gets these attachments' packets. */
  interfaces(): ReadonlySet<string> {
    return new Set(this.#onInterface.keys());
  }

  /** Whether others come by the interface by which this one does. */
  sharesInterface(attachment: FilteredAttachment): boolean {
    return this.#onInterface.has(hostInterfaceOf(attachment));
  }

  #count(attachment: FilteredAttachment, change: 1 | -1): void {
    const name = hostInterfaceOf(attachment);
    const count = (this.#onInterface.get(name) ?? 0) + change;
    if (count === 0) this.#onInterface.delete(name);
    else this.#onInterface.set(name, count);
  }
}

/** The interface from which the host gets an attachment's packets. */
export function hostInterfaceOf({ hostEnd }: FilteredAttachment): string {
  return hostEnd.kind === "bridge-port" ? hostEnd.bridge : hostEnd.name;
}

function claimsOf({ elements, claims }: AttachmentRules): string[] {
  return [...elements.map(keyOf), ...claims];
}

/** What is unique in a set: the element without its value and its limit. */
function keyOf({ family, set, key }: Element): string {
  return `${family} ${set} ${textOfElement({ family, set, key })}`;
}

/** Counts from 1 on: 0 is no number of anything. */
class UniqueNumbers implements Numbers {
  readonly #groups = new Map<string, number>();
  readonly #networks = new Map<string, number>();

  groupOf(network: string, group: string): number {
    return numberIn(this.#groups, JSON.stringify([network, group]));
  }

  networkOf(network: string): number {
    return numberIn(this.#networks, network);
  }
}

function numberIn(numbers: Map<string, number>, name: string): number {
  const number = numbers.get(name) ?? numbers.size + 1;
  numbers.set(name, number);
  return number;
}
