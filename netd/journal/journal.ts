import { Database, SQLiteError } from "bun:sqlite";
import {
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import type { AttachmentState } from "../contract/attachment.ts";
import { messageOf, Refusal } from "../errors.ts";
import { type AttachmentRecord, migrateFromVersion1, migrateFromVersion2, parseRecord } from "./record.ts";

/** Version of the tables and records; a journal of a later one is refused, of an earlier one migrated (F8). */
const schemaVersion = 3;

/**
 * What cannot be read of the journal; none of it stops the start (Q11). It stays known over restarts: what belongs to
 * containers that nobody knows of must not be taken for residue later either (F10).
 */
export interface JournalFindings {
  /** Where unreadable journals were moved to. */
  readonly movedAside: readonly string[];
  /** Ids of rows that hold no valid record; kept in the table `quarantine`. */
  readonly quarantined: readonly string[];
}

/**
 * The journal. All writes are synchronous and durable before they return, so a row is on disk before the effect that
 * it announces. Reads are answered from memory: netd is its only writer.
 */
export class Journal implements Disposable {
  readonly #database: Database;
  readonly #records = new Map<string, AttachmentRecord>();
  #findings: JournalFindings;
  #fault: string | undefined;

  constructor(private readonly path: string) {
    this.#database = open(path);
    this.#findings = { quarantined: this.#load(), movedAside: damagedJournals(path) };
  }

  get findings(): JournalFindings {
    return this.#findings;
  }

  /** Why the last write failed, as on a full disk; it is tried again for this, because nothing else may be to be written. */
  fault(): string | undefined {
    if (this.#fault !== undefined) this.#tryToWrite();
    return this.#fault;
  }

  #tryToWrite(): void {
    try {
      this.#write(`PRAGMA user_version = ${schemaVersion}`);
    } catch {
      // The fault is remembered.
    }
  }

  #write(statement: string, ...values: string[]): void {
    try {
      this.#database.run(statement, values);
      this.#fault = undefined;
    } catch (error) {
      this.#fault = messageOf(error);
      throw error;
    }
  }

  /** Forgets for good what nobody can read. Returns what it was: ids of records, and files. */
  discardUnreadable(): string[] {
    const { quarantined, movedAside } = this.#findings;
    this.#database.run("DELETE FROM quarantine");
    for (const path of movedAside)
      for (const suffix of ["", "-wal", "-shm"]) rmSync(path + suffix, { force: true });
    this.#findings = { quarantined: [], movedAside: damagedJournals(this.path) };
    return [...quarantined, ...movedAside];
  }

  #load(): string[] {
    const rows = this.#database
      .query<{ id: string; record: string }, []>("SELECT id, record FROM attachment")
      .all();
    for (const row of rows) {
      const record = parseRecord(row.record);
      if (record && record.id === row.id) {
        this.#records.set(record.id, record);
        continue;
      }
      this.#database.transaction(() => {
        this.#database.run("INSERT OR REPLACE INTO quarantine VALUES (?, ?)", [row.id, row.record]);
        this.#database.run("DELETE FROM attachment WHERE id = ?", [row.id]);
      })();
    }
    const quarantine = this.#database.query<{ id: string }, []>("SELECT id FROM quarantine").all();
    return quarantine.map(({ id }) => id);
  }

  /** All records, oldest first. */
  all(): AttachmentRecord[] {
    return [...this.#records.values()].sort((a, b) => a.createdAtMs - b.createdAtMs);
  }

  get(id: string): AttachmentRecord | undefined {
    return this.#records.get(id);
  }

  /**
   * Writes the intent; from here on the slot is charged to the user (Q6, Q7).
   * Throws Refusal when it cannot be written, so that nothing is begun that a crash would leave unknown (Q9).
   */
  insert(record: AttachmentRecord): void {
    try {
      this.#write("INSERT INTO attachment VALUES (?, ?)", record.id, JSON.stringify(record));
    } catch (error) {
      throw new Refusal("unavailable", "cntnr-netd cannot write its journal: tell the administrator", {
        cause: error,
      });
    }
    this.#records.set(record.id, record);
  }

  /** ADD is done, and everything after it. Returns what the record is now; throws for an id that is not there. */
  attached(id: string, made: Pick<AttachmentRecord, "result" | "hostEnd">): AttachmentRecord {
    return this.#update(id, { state: "attached", ...made });
  }

  #update(id: string, change: Partial<AttachmentRecord> & { state: AttachmentState }): AttachmentRecord {
    const before = this.#records.get(id);
    if (!before) throw new Error(`journal has no attachment ${id}`);
    const record: AttachmentRecord = { ...before, ...change };
    this.#write("UPDATE attachment SET record = ? WHERE id = ?", JSON.stringify(record), id);
    this.#records.set(id, record);
    return record;
  }

  /**
   * Moves a record on to its end, which begins even when that cannot be written (Q9): a record that has stayed
   * `attached` is brought to its end by the next start, once its pin is gone. Throws for an id that is not there.
   */
  end(id: string): { readonly record: AttachmentRecord; readonly isDurable: boolean } {
    try {
      return { record: this.#update(id, { state: "detaching" }), isDurable: true };
    } catch (error) {
      const before = this.#records.get(id);
      if (!before) throw error;
      const record: AttachmentRecord = { ...before, state: "detaching" };
      this.#records.set(id, record);
      return { record, isDurable: false };
    }
  }

  /** Forgets an attachment of which nothing is left. */
  remove(id: string): void {
    this.#write("DELETE FROM attachment WHERE id = ?", id);
    this.#records.delete(id);
  }

  [Symbol.dispose](): void {
    this.#database.close();
  }
}

function open(path: string): Database {
  try {
    return openChecked(path);
  } catch (error) {
    if (!isDamage(error) || !existsSync(path)) throw error;
    // A damaged journal must not keep the service down: what it knew of is found again by its residue.
    const movedAside = `${path}.damaged-${Date.now()}`;
    for (const suffix of ["", "-wal", "-shm"])
      if (existsSync(path + suffix)) renameSync(path + suffix, movedAside + suffix);
    return openChecked(path);
  }
}

/**
 * Whether the content is what is wrong. A full disk, a lock or a failing device say nothing about it: a journal that was put
 * aside for those would be missed.
 */
function isDamage(error: unknown): boolean {
  if (error instanceof NewerJournal) return false;
  const cause = error instanceof Error ? error.cause : undefined;
  const passing = /^SQLITE_(FULL|BUSY|LOCKED|IOERR|CANTOPEN|READONLY|PERM|AUTH|NOMEM)/;
  return !(cause instanceof SQLiteError && passing.test(cause.code ?? ""));
}

function damagedJournals(path: string): string[] {
  const isDamaged = (name: string) => name.startsWith(`${basename(path)}.damaged-`) && /\d$/.test(name);
  return readdirSync(dirname(path))
    .filter(isDamaged)
    .map((name) => join(dirname(path), name));
}

/** SQLite gives its other files the permissions of this one. Who can read them can also lock them, and read of everybody. */
function makePrivate(path: string): void {
  const fd = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  try {
    fchmodSync(fd, 0o600);
  } finally {
    closeSync(fd);
  }
}

/** A journal that a later netd wrote. */
class NewerJournal extends Error {}

function openChecked(path: string): Database {
  makePrivate(path);
  const database = new Database(path, { create: true, strict: true });
  try {
    database.run("PRAGMA journal_mode = WAL");
    database.run("PRAGMA synchronous = FULL");
    const check = database.query<{ quick_check: string }, []>("PRAGMA quick_check(1)").get();
    if (check?.quick_check !== "ok") throw new Error(`${path}: ${check?.quick_check}`);
    const version =
      database.query<{ user_version: number }, []>("PRAGMA user_version").get()?.user_version ?? 0;
    if (version > schemaVersion)
      throw new NewerJournal(
        `${path}: written by a later cntnr-netd (journal version ${version}); install that one`,
      );
    database.run("CREATE TABLE IF NOT EXISTS attachment (id TEXT PRIMARY KEY, record TEXT NOT NULL) STRICT");
    database.run("CREATE TABLE IF NOT EXISTS quarantine (id TEXT PRIMARY KEY, record TEXT NOT NULL) STRICT");
    for (const table of ["attachment", "quarantine"]) database.run(`SELECT id, record FROM ${table} LIMIT 0`);
    migrate(database, version);
    return database;
  } catch (error) {
    database.close();
    throw error instanceof NewerJournal ? error : new Error(`${path}: ${messageOf(error)}`, { cause: error });
  }
}

/** To this version, by the one that a row was written in. */
const migrations = new Map([
  [1, migrateFromVersion1],
  [2, migrateFromVersion2],
]);

/** All rows and the version in one transaction: a crash leaves the old journal or the new one. */
function migrate(database: Database, version: number): void {
  database.transaction(() => {
    const step = migrations.get(version);
    if (step)
      for (const { id, record } of database
        .query<{ id: string; record: string }, []>("SELECT id, record FROM attachment")
        .all())
        database.run("UPDATE attachment SET record = ? WHERE id = ?", [step(record), id]);
    database.run(`PRAGMA user_version = ${schemaVersion}`);
  })();
}
