import { Database } from "bun:sqlite";
import { type AttachmentRecord, parseRecord } from "./record.ts";

/**
 * The records of a journal that a running netd may be writing, oldest first; those that cannot be read are left out.
 * For the tools: changes nothing. Throws when there is no journal.
 */
export function readJournal(path: string): AttachmentRecord[] {
  using database = new Database(path, { readonly: true, strict: true });
  return database
    .query<{ record: string }, []>("SELECT record FROM attachment")
    .all()
    .flatMap(({ record }) => parseRecord(record) ?? [])
    .toSorted((a, b) => a.createdAtMs - b.createdAtMs);
}
