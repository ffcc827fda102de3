import { deleteLink, findLinkByIndex, type Link, type LinkIndexes } from "../netlink/links.ts";
import { namespaceNumber, ownersOfNamespace } from "../netlink/namespace-numbers.ts";

/** Where a plugin makes an attachment. */
export interface Birthplace {
  /** The namespace, as plugins are told of it. */
  readonly netnsPath: string;
  /** The user who owns it. */
  readonly uid: number;
}

/** What has become of a plugin's work. */
export interface Birth {
  readonly place: Birthplace;
  /** Index of the newest link before it. */
  readonly newestLink: number;
  /** Of others that are under way. */
  readonly others: readonly Birthplace[];
  readonly outcome: "made" | "failed";
}

/**
 * The host's ends that no attachment has: root in a namespace can move the container's end into another one while the plugin
 * works. The plugin then fails, finds nothing to take away, and leaves the host's end to whom it wants: live, in no table, and
 * charged to nobody (N13, N14, D8).
 */
export class StrayEnds {
  /** What may be another attachment's in the making, and is looked at again when that is over. */
  readonly #suspects = new Set<number>();

  constructor(
    private readonly links: LinkIndexes,
    private readonly isKnown: (linkIndex: number) => boolean,
    private readonly report: (line: string) => void,
  ) {}

  /** To be called when a plugin is through, before anything of new links is heard. Throws SystemCallError. */
  remove({ place, newestLink, others, outcome }: Birth): void {
    const ends = this.#unknownEnds(newestLink);
    if (ends.length === 0) return;
    const underWay = new Set(others.map(({ netnsPath }) => namespaceNumber(netnsPath)));
    for (const end of ends) {
      const isSuspect = this.#suspects.has(end.index);
      if (underWay.has(end.peerNamespace)) {
        if (outcome === "failed") this.#suspects.add(end.index);
        continue;
      }
      const isDoubtful = outcome === "failed" || isSuspect;
      if (!this.#isUsers(end, place.uid, isDoubtful)) continue;
      deleteLink(end.index);
      this.#suspects.delete(end.index);
      this.report(
        `${end.name} was left by a plugin, with its other end in a namespace of uid ${place.uid}: it is gone`,
      );
    }
  }

  /**
   * Others' pairs (docker's, an administrator's) are born at any time, with an end in the host's own kind of namespaces; and
   * whoever keeps those has a process, a mount or a descriptor for it. A user can do with less: a message that is on its way.
   */
  #isUsers({ peerNamespace = -1 }: Link, uid: number, isDoubtful: boolean): boolean {
    const owners = ownersOfNamespace(peerNamespace);
    if (owners === "nowhere") return isDoubtful;
    return owners.includes(uid);
  }

  #unknownEnds(newestLink: number): Link[] {
    const indexes = new Set([...this.links.bornAfter(newestLink), ...this.#suspects]);
    const ends = [...indexes]
      .filter((index) => !this.isKnown(index))
      .flatMap((index) => findLinkByIndex(index) ?? [])
      .filter(({ kind, peerNamespace }) => kind === "veth" && peerNamespace !== undefined);
    const present = new Set(ends.map(({ index }) => index));
    for (const index of this.#suspects) if (!present.has(index)) this.#suspects.delete(index);
    return ends;
  }
}
