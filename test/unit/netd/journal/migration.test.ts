import { Database } from "bun:sqlite";
import { afterEach, beforeEach, expect, test } from "bun:test";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Journal } from "../../../../netd/journal/journal.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "cntnr-journal-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

const path = () => join(directory, "journal.db");
const id = "0123456789abcdef0123456789abcdef";

/** A record as the first version wrote it. */
const first = {
  id,
  state: "attached",
  bootId: "boot",
  uid: 1000,
  network: "lab",
  interface: "eth0",
  idempotencyKey: "key",
  containerId: `c${"1".repeat(31)}`,
  netnsInode: 4026532000,
  netnsId: "7",
  leasePid: 4711,
  conflist: '{"name":"lab","plugins":[]}',
  masquerade: true,
  result: "{}",
  rule: "10-lab.conf:4",
  createdAtMs: 1_700_000_000_000,
};

function write(version: number, rows: readonly (readonly [string, string])[]): void {
  using database = new Database(path());
  database.run("CREATE TABLE attachment (id TEXT PRIMARY KEY, record TEXT NOT NULL) STRICT");
  for (const row of rows) database.run("INSERT INTO attachment VALUES (?, ?)", [...row]);
  database.run(`PRAGMA user_version = ${version}`);
}

function versionNow(): number {
  using database = new Database(path());
  return database.query<{ user_version: number }, []>("PRAGMA user_version").get()?.user_version ?? -1;
}

test("a journal of the first version is one of this version, with all that undoing needs (F8)", () => {
  write(1, [[id, JSON.stringify(first)]]);
  {
    using journal = new Journal(path());
    expect(journal.findings).toEqual({ movedAside: [], quarantined: [] });
    const { network, interface: name, masquerade, rule, ...rest } = first;
    expect(journal.get(id)).toMatchObject({
      ...rest,
      hostEnd: null,
      plan: { network, interface: name, masquerade, rule, isolationGroup: "user:1000", ports: [] },
    });
    expect(journal.end(id)).toMatchObject({ isDurable: true });
  }
  expect(versionNow()).toBe(3);
  using again = new Journal(path());
  expect(again.get(id)?.state).toBe("detaching");
});

test("a record of the second version, which keeps no addresses, is taken over as it is (F8)", () => {
  write(1, [[id, JSON.stringify(first)]]);
  const text = () => {
    using journal = new Journal(path());
    return JSON.stringify(journal.get(id));
  };
  const { plan, ...rest } = JSON.parse(text());
  const { keptAddresses, ...second } = plan;
  expect(keptAddresses).toEqual([]);
  rmSync(path());
  write(2, [
    [id, JSON.stringify({ ...rest, plan: second })],
    ["a".repeat(32), JSON.stringify({ ...rest, id: "a".repeat(32), plan: null })],
  ]);
  expect(JSON.parse(text())).toEqual({ ...rest, plan });
  using journal = new Journal(path());
  expect(journal.findings.quarantined).toEqual(["a".repeat(32)]);
});

test("what is no record of the first version is put aside, and the others are migrated (F8, Q11)", () => {
  const { uid, ...without } = first;
  const other = "f".repeat(32);
  write(1, [
    [id, JSON.stringify(first)],
    ["a".repeat(32), JSON.stringify({ ...without, id: "a".repeat(32) })],
    ["b".repeat(32), JSON.stringify({ ...first, id: "b".repeat(32), network: "../x" })],
    ["c".repeat(32), "{"],
    // An id that is another row's.
    [other, JSON.stringify(first)],
  ]);
  using journal = new Journal(path());
  expect(uid).toBe(1000);
  expect(journal.all().map((record) => record.id)).toEqual([id]);
  expect(journal.findings.quarantined.toSorted()).toEqual(
    ["a", "b", "c", "f"].map((letter) => letter.repeat(32)),
  );
});

test("a journal of a later version is refused by name and left as it is (F8)", () => {
  write(99, [[id, "of a later form"]]);
  expect(() => new Journal(path())).toThrow(
    /written by a later cntnr-netd \(journal version 99\); install that one/,
  );
  expect(readdirSync(directory)).not.toContainEqual(expect.stringContaining("damaged"));
  expect(versionNow()).toBe(99);
});

test.each([
  ["is no database", () => writeFileSync(path(), "this is no database".repeat(1000))],
  ["is a directory's worth of zeros", () => writeFileSync(path(), Buffer.alloc(1 << 16))],
  [
    "has lost its end",
    () => {
      write(
        2,
        Array.from({ length: 200 }, (_, index) => [String(index), "x".repeat(1000)] as const),
      );
      writeFileSync(path(), Buffer.from(Bun.mmap(path())).subarray(0, 20_000));
    },
  ],
  [
    "has other tables",
    () => {
      using database = new Database(path());
      database.run("CREATE TABLE attachment (name TEXT)");
    },
  ],
])("a journal that %s is moved aside, known over restarts, and a new one is begun (Q11)", (_, damage) => {
  damage();
  for (let start = 0; start < 2; start++) {
    using journal = new Journal(path());
    expect(journal.all()).toEqual([]);
    expect(journal.findings.movedAside).toHaveLength(1);
  }
  using journal = new Journal(path());
  expect(journal.discardUnreadable()).toHaveLength(1);
  expect(journal.findings).toEqual({ movedAside: [], quarantined: [] });
});

test("a journal that somebody else has locked is left where it is, and the start says so", () => {
  write(2, []);
  using other = new Database(path());
  other.run("BEGIN EXCLUSIVE");
  expect(() => new Journal(path())).toThrow("database is locked");
  other.run("COMMIT");
  expect(readdirSync(directory)).not.toContainEqual(expect.stringContaining("damaged"));
  using journal = new Journal(path());
  expect(journal.findings.movedAside).toEqual([]);
});
