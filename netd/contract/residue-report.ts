/** Where residue can be: pins of namespaces, leases of addresses, ends of veth pairs, elements of netd's tables. */
export const residueKinds = ["pin", "lease", "link", "rule"] as const;
export type ResidueKind = (typeof residueKinds)[number];

/** Something that belongs to nothing, or that an attachment lacks. */
export interface Finding {
  readonly kind: ResidueKind;
  readonly name: string;
}

export interface Comparison {
  /** On the machine, and of no attachment on record. */
  readonly stray: readonly Finding[];
  /** Of an attachment that is attached, and not on the machine. */
  readonly missing: readonly (Finding & { readonly attachment: string })[];
}

/** What the administrator wants to be done about residue. */
export interface CollectOrder {
  /** What is taken away of what belongs to nothing. */
  readonly fix: readonly ResidueKind[];
  /** Forgets the records that nobody can read: what belonged to them then belongs to nothing. */
  readonly discardUnreadable: boolean;
}

/** What a look for residue has found and done. */
export interface ResidueReport extends Comparison {
  /** How much was looked at: an empty report is a statement about all of it. */
  readonly looked: Readonly<Record<"records" | "pins" | "leases" | "links" | "rules", number>>;
  /** What was taken away. */
  readonly removed: readonly Finding[];
  /** Records and journals that nobody could read and that are forgotten now. */
  readonly discarded: readonly string[];
}
