import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AuditEvent } from "../../../../netd/audit/audit-event.ts";
import { hashOf, type ParsedLine, parseLine } from "../../../../netd/audit/audit-line.ts";
import { AuditLog } from "../../../../netd/audit/audit-log.ts";
import { readHead } from "../../../../netd/audit/head-file.ts";
import { verifyChain } from "../../../../netd/audit/verify-chain.ts";

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "cntnr-audit-"));
  path = join(directory, "audit.jsonl");
});
afterEach(() => rmSync(directory, { recursive: true }));

const open = (onEvent?: (event: AuditEvent) => void, movedGraceMs = 60_000) =>
  new AuditLog({ path, bootId: "boot", movedGraceMs, ...(onEvent ? { onEvent } : {}) });

/** What a netd does from start to end. */
function session(...events: AuditEvent["event"][]): void {
  using log = open();
  for (const event of events) log.note({ event });
}

function lines(file = path): ParsedLine[] {
  const texts = readFileSync(file, "utf8").split("\n");
  expect(texts.pop()).toBe("");
  return texts.map((text) => {
    const line = parseLine(text);
    if (!line) throw new Error(`not a line: ${text}`);
    return line;
  });
}

const events = (file?: string) => lines(file).map(({ event }) => event);
const verified = async (files = [path]) => (await verifyChain(files, readHead(path))).broken?.text;

describe("the chain", () => {
  test("numbers lines from 0 and gives each the hash of the one before", () => {
    session("start", "allow", "stop");
    const texts = readFileSync(path, "utf8").trim().split("\n");
    const [first, second, third] = lines();
    expect(lines().map(({ seq }) => seq)).toEqual([0, 1, 2]);
    expect(first?.prev).toBe("0".repeat(64));
    expect(second?.prev).toBe(hashOf(texts[0] ?? ""));
    expect(third?.prev).toBe(hashOf(texts[1] ?? ""));
  });

  test("goes on over a restart", async () => {
    session("start", "stop");
    session("start", "stop");
    expect(lines().map(({ seq }) => seq)).toEqual([0, 1, 2, 3]);
    expect(await verified()).toBeUndefined();
  });

  test("goes on in the new file of a rotation, and nothing is lost until the service is told of it", async () => {
    const old = `${path}.1`;
    using log = open();
    log.note({ event: "start" });
    renameSync(path, old);
    writeFileSync(path, "", { mode: 0o640 });
    log.note({ event: "allow" });
    log.reopen();
    log.note({ event: "attach" });
    expect(events(old)).toEqual(["start", "allow"]);
    expect(events()).toEqual(["attach"]);
    expect(await verified([old, path])).toBeUndefined();
    expect(await verified([path])).toBeUndefined();
  });

  test("goes on in the new file of a rotation that happened while no service ran", async () => {
    session("start", "stop");
    renameSync(path, `${path}.1`);
    session("start", "stop");
    expect(events()).toEqual(["start", "stop"]);
    expect(await verified([`${path}.1`, path])).toBeUndefined();
  });
});

describe("what is not as it should be is stated in a line of its own, and the log goes on", () => {
  test("half a line that a crash left is cut off and kept in the statement", async () => {
    session("start", "stop");
    appendFileSync(path, '{"ts":"2026-');
    session("start");
    const [, , repair, start] = lines();
    expect(repair).toMatchObject({ event: "repair", cut: '{"ts":"2026-' });
    expect(start?.event).toBe("start");
    expect(await verified()).toBeUndefined();
  });

  test("a crash between a line and the remembering of it is nothing to speak of", async () => {
    session("start");
    const head = readFileSync(`${path}.head`);
    session("stop");
    writeFileSync(`${path}.head`, head);
    session("start");
    expect(events()).toEqual(["start", "stop", "start"]);
    expect(await verified()).toBeUndefined();
  });

  test("lines taken from the end", async () => {
    session("start", "allow", "stop");
    const text = readFileSync(path, "utf8").split("\n");
    writeFileSync(path, `${text[0]}\n`);
    expect(await verified()).toBe("2 lines that were written are missing at the end of the log");
    session("start");
    expect(lines()[1]).toMatchObject({ event: "repair", seq: 3, reason: expect.stringContaining("missing") });
    expect(await verified()).toBe("2 lines before it are missing");
  });

  test("a last line that somebody changed", () => {
    session("start", "stop");
    writeFileSync(path, readFileSync(path, "utf8").replace('"event":"stop"', '"event":"allow"'));
    session("start");
    expect(events()).toEqual(["start", "allow", "repair", "start"]);
  });

  test("a last line that is none", async () => {
    session("start", "stop");
    appendFileSync(path, "hello\n");
    session("start");
    const texts = readFileSync(path, "utf8").trim().split("\n");
    expect(texts.slice(3).map((text) => parseLine(text)?.event)).toEqual(["repair", "start"]);
    expect(await verified()).toBe("not a line of cntnr-netd's");
  });

  test("a remembered end that is gone", async () => {
    session("start", "stop");
    unlinkSync(`${path}.head`);
    session("start");
    expect(events()).toEqual(["start", "stop", "repair", "start"]);
    expect(await verified()).toBeUndefined();
  });

  test("a log that is shortened, as copytruncate does it, while the service runs", () => {
    using log = open();
    log.note({ event: "start" });
    truncateSync(path, 0);
    log.note({ event: "allow" });
    expect(lines()[0]).toMatchObject({ event: "repair", seq: 1, reason: expect.stringContaining("create") });
    expect(events()).toEqual(["repair", "allow"]);
  });

  test.each(["writes on", "is told of a rotation"])(
    "a log that is removed while the service runs, which %s",
    (then) => {
      using log = open();
      log.note({ event: "start" });
      unlinkSync(path);
      if (then !== "writes on") log.reopen();
      log.note({ event: "allow" });
      expect(events()).toEqual(["repair", "allow"]);
      expect(lines()[0]?.seq).toBe(1);
    },
  );

  test("a log that is removed while the service has nothing to write, with what remembers its end", async () => {
    using log = open();
    log.note({ event: "start" });
    unlinkSync(path);
    unlinkSync(`${path}.head`);
    log.check();
    expect(events()).toEqual(["repair"]);
    expect(lines()[0]).toMatchObject({ seq: 1, reason: expect.stringContaining("removed") });
    log.note({ event: "allow" });
    log.check();
    expect(events()).toEqual(["repair", "allow"]);
    expect(await verified()).toBeUndefined();
  });

  test("what remembers its end is removed alone", async () => {
    using log = open();
    log.note({ event: "start" });
    unlinkSync(`${path}.head`);
    log.check();
    expect(events()).toEqual(["start", "repair"]);
    expect(await verified()).toBeUndefined();
  });

  test("a log that was moved away, and nobody told the service, goes on under its name after a while", async () => {
    const old = `${path}.old`;
    {
      using patient = open();
      patient.note({ event: "start" });
      renameSync(path, old);
      patient.check();
      patient.note({ event: "allow" });
      expect(events(old)).toEqual(["start", "allow"]);
    }
    renameSync(old, path);
    using log = open(undefined, 0);
    renameSync(path, old);
    log.check();
    log.check();
    log.note({ event: "attach" });
    expect(events(old)).toEqual(["start", "allow"]);
    expect(events()).toEqual(["repair", "attach"]);
    expect(lines()[0]?.reason).toContain("moved away");
    expect(await verified([old, path])).toBeUndefined();
  });

  test("a log whose directory is gone: nothing is done until it is back, which is stated once", async () => {
    using log = open();
    log.note({ event: "start" });
    rmSync(directory, { recursive: true });
    writeFileSync(directory, "");
    for (let round = 0; round < 3; round++) {
      expect(() => log.commit({ event: "allow" })).toThrow("cannot write its audit log");
      log.check();
    }
    expect(log.health).toMatchObject({ fault: expect.stringContaining(directory), lostLines: 3 });
    rmSync(directory);
    mkdirSync(directory);
    log.check();
    expect(log.health).toMatchObject({ fault: undefined, lostLines: 0 });
    log.note({ event: "allow" });
    expect(events()).toEqual(["repair", "lost", "allow"]);
    expect(await verified()).toBeUndefined();
  });

  test("a line of another program's in the running log", () => {
    using log = open();
    log.note({ event: "start" });
    appendFileSync(path, "forged");
    log.note({ event: "allow" });
    expect(events()).toEqual(["start", "repair", "repair", "allow"]);
    expect(lines()[2]?.cut).toBe("forged");
  });
});

describe("refusals that a user repeats", () => {
  const subject = { uid: 1001, gid: 1001, groups: [], pid: 7 };

  test("are one line for many after the first few, with one reference for all of them (Q9)", () => {
    const seen: string[] = [];
    {
      using log = open(({ event }) => seen.push(event));
      const references = Array.from({ length: 500 }, (_, index) =>
        log.noteLimited({ event: "deny", subject, reason: `reason ${index % 2}` }),
      );
      expect(new Set(references).size).toBe(21);
      const other = log.noteLimited({ event: "deny", subject: { ...subject, uid: 1002 } });
      expect(references).not.toContain(other);
    }
    expect(seen).toHaveLength(501);
    const all = lines();
    expect(all.filter(({ event }) => event === "deny")).toHaveLength(21);
    expect(all.filter(({ event }) => event === "suppressed")).toEqual([
      expect.objectContaining({ count: 480, uid: 1001, reason: "reason 0; reason 1" }),
    ]);
  });
});

describe("a line", () => {
  test("is printable ASCII, whatever a name in it holds (P4)", () => {
    {
      using log = open();
      const exe = '/tmp/\u001b[2J\n{"event":"allow"}\u009b\u202e\u007f"é';
      log.note({ event: "deny", subject: { uid: 1, gid: 1, groups: [], pid: 1, exe } });
    }
    expect(readFileSync(path, "latin1")).toMatch(/^[\n\x20-\x7e]*$/);
    expect(events()).toEqual(["deny"]);
  });
});

describe("opening refuses", () => {
  test("a link", () => {
    writeFileSync(join(directory, "other"), "");
    symlinkSync("other", path);
    expect(open).toThrow(`${path}: not a regular file`);
  });

  test("a file that others can write", () => {
    writeFileSync(path, "");
    chmodSync(path, 0o666);
    expect(open).toThrow("only this service's user can write");
  });

  test("a directory", () => {
    expect(() => new AuditLog({ path: directory, bootId: "boot" })).toThrow(
      `${directory}: not a regular file`,
    );
  });
});

test("the log is for its owner and its group to read", () => {
  session("start");
  expect(statSync(path).mode & 0o777).toBe(0o640);
  expect(statSync(`${path}.head`).mode & 0o777).toBe(0o640);
});
