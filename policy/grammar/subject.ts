import type { RuleSubject } from "../policy.ts";
import { ValueError } from "./values.ts";

/** The account databases of getent(1) that rules name. */
export type Database = "passwd" | "group";

/** A rule's subject as it is written. */
export type WrittenSubject =
  | { readonly kind: "named"; readonly database: Database; readonly name: string }
  | { readonly kind: "numbered"; readonly subject: RuleSubject };

/**
 * Looks names up: all numbers that a name stands for (several: the account is ambiguous), none for a name that does
 * not exist. Throws when the account databases cannot be asked.
 */
export type ResolveNames = (
  database: Database,
  names: readonly string[],
) => Promise<ReadonlyMap<string, readonly number[]>>;

/** Whatever account databases hold as names; what is all digits would be looked up as a number. */
const nameForm = /^(?![0-9]+$)[A-Za-z0-9_][A-Za-z0-9_.@+-]{0,255}\$?$/;
const numberForm = /^#(0|[1-9][0-9]{0,9})$/;

/** `user:NAME`, `user:#UID`, `group:NAME`, `group:#GID` or `everyone`. Throws ValueError. */
export function parseSubject(text: string): WrittenSubject {
  if (text === "everyone") return { kind: "numbered", subject: { kind: "everyone" } };
  const [, kind, who] = /^(user|group):(.+)$/.exec(text) ?? [];
  if (kind === undefined || who === undefined)
    throw new ValueError("must be user:NAME, user:#UID, group:NAME, group:#GID or everyone");
  const database = kind === "user" ? "passwd" : "group";
  const number = numberForm.exec(who)?.[1];
  if (number !== undefined) return { kind: "numbered", subject: numberedSubject(database, Number(number)) };
  if (!nameForm.test(who)) throw new ValueError(`is not a name; a number is written ${kind}:#1000`);
  return { kind: "named", database, name: who };
}

/** Highest uid_t that stands for somebody, and the one that the kernel shows for those it cannot name (P5). */
const highestId = 4294967294;
const overflowId = 65534;

/** The subject with that number. Throws ValueError for numbers that stand for nobody (P5). */
export function numberedSubject(database: Database, id: number): RuleSubject {
  if (id > highestId || id === overflowId)
    throw new ValueError(`number ${id} stands for nobody in particular and cannot be granted anything`);
  return database === "passwd" ? { kind: "user", uid: id } : { kind: "group", gid: id };
}
