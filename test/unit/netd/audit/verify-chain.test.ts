import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { AuditLog } from "../../../../netd/audit/audit-log.ts";
import { readHead } from "../../../../netd/audit/head-file.ts";
import { inOrder, logAndRotations } from "../../../../netd/audit/log-files.ts";
import { followLog, lastLines, linesAbout } from "../../../../netd/audit/read-log.ts";
import { verifyChain } from "../../../../netd/audit/verify-chain.ts";

let directory: string;
let log: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "cntnr-audit-"));
  log = join(directory, "audit.jsonl");
  using audit = new AuditLog({ path: log, bootId: "boot" });
  for (let index = 0; index < 20; index++)
    audit.note({ event: "allow", reason: `line ${index}`, attachment: `a${index % 3}` });
});
afterEach(() => rmSync(directory, { recursive: true }));

const texts = () => readFileSync(log, "utf8").trimEnd().split("\n");
const write = (lines: readonly string[], file = log) =>
  writeFileSync(file, lines.map((line) => `${line}\n`).join(""));

describe("verification", () => {
  test("of a whole log says from where to where it goes", async () => {
    const report = await verifyChain([log], readHead(log));
    expect(report).toMatchObject({ lines: 20, first: { seq: 0 }, last: { seq: 19 }, remarks: [] });
    expect(report.broken).toBeUndefined();
  });

  test("names the line after one that was changed", async () => {
    const lines = texts();
    lines[7] = (lines[7] ?? "").replace("line 7", "line 8");
    write(lines);
    expect((await verifyChain([log])).broken).toEqual({
      file: log,
      line: 9,
      text: "the line before it was changed after it had been written",
    });
  });

  test("names the place where lines were taken out", async () => {
    write(texts().toSpliced(5, 3));
    expect((await verifyChain([log])).broken).toMatchObject({
      line: 6,
      text: "3 lines before it are missing",
    });
  });

  test("names lines that changed places", async () => {
    const lines = texts();
    const [moved = ""] = lines.splice(4, 1);
    write([...lines.slice(0, 10), moved, ...lines.slice(10)]);
    expect((await verifyChain([log])).broken?.line).toBe(5);
  });

  test("finds any change of any byte, once the end is remembered", async () => {
    const whole = readFileSync(log);
    const head = readHead(log);
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: whole.length - 1 }),
        fc.integer({ min: 0, max: 255 }),
        async (place, byte) => {
          fc.pre(whole[place] !== byte);
          const changed = Buffer.from(whole);
          changed[place] = byte;
          writeFileSync(log, changed);
          expect((await verifyChain([log], head)).broken).toBeDefined();
        },
      ),
      { numRuns: 300 },
    );
  });

  test("goes through rotations in the order of their lines, compressed or not", async () => {
    const lines = texts();
    const oldest = `${log}-20261101.gz`;
    writeFileSync(
      oldest,
      gzipSync(
        lines
          .slice(0, 8)
          .map((line) => `${line}\n`)
          .join(""),
      ),
    );
    write(lines.slice(8, 15), `${log}.1`);
    write(lines.slice(15));
    writeFileSync(`${log}.bak`, "not a rotation");
    const files = await logAndRotations(log);
    expect(files).toEqual([oldest, `${log}.1`, log]);
    expect(await verifyChain(files, readHead(log))).toMatchObject({ lines: 20 });
    const { broken } = await verifyChain(await inOrder([log, oldest]));
    expect(broken).toEqual({ file: log, line: 1, text: "7 lines before it are missing" });
  });

  test("names the place where lines are missed at the end, also after a rotation, and of a log without lines", async () => {
    const lines = texts();
    write(lines.slice(0, 8), `${log}.1`);
    write(lines.slice(8, 19));
    const head = readHead(log);
    const missed = async () => (await verifyChain(await logAndRotations(log), head, log)).broken;
    const text = (what: string) => `${what} missing at the end of the log`;
    expect(await missed()).toEqual({ file: log, line: 12, text: text("1 line that was written is") });
    write([]);
    expect(await missed()).toEqual({
      file: `${log}.1`,
      line: 9,
      text: text("12 lines that were written are"),
    });
    write([], `${log}.1`);
    expect(await missed()).toEqual({ file: log, line: 1, text: text("20 lines that were written are") });
  });

  test("names a rotation that cannot be unpacked", async () => {
    const packed = gzipSync(readFileSync(log));
    writeFileSync(`${log}.1.gz`, packed.subarray(0, packed.length / 2));
    await expect(verifyChain([`${log}.1.gz`])).rejects.toThrow(`${log}.1.gz: cannot be unpacked: `);
  });

  test("knows the end by its own words, whatever somebody has put behind them", () => {
    const head = readHead(log);
    appendFileSync(`${log}.head`, "more\n");
    expect(readHead(log)).toEqual({ seq: 19, hash: head?.hash ?? "none" });
  });

  test("takes a log that begins in the middle, because older files are gone", async () => {
    write(texts().slice(5));
    expect(await verifyChain([log], readHead(log))).toMatchObject({ lines: 15, first: { seq: 5 } });
  });
});

describe("reading", () => {
  test("the last lines", async () => {
    expect(await lastLines(log, 2)).toEqual(texts().slice(-2));
    expect(await lastLines(log, 0)).toEqual([]);
    expect(await lastLines(log, 100)).toHaveLength(20);
  });

  test("everything that a reference leads to, in all files, and nothing else", async () => {
    {
      using audit = new AuditLog({ path: log, bootId: "boot" });
      audit.note({ event: "allow", ref: "ABCDEFGH23", attachment: "feed" });
      audit.note({ event: "attach", attachment: "feed", reason: "mentions beef" });
      audit.note({ event: "detach", attachment: "beef" });
      audit.note({ event: "detach", attachment: "feed" });
    }
    const found = async (id: string) => (await linesAbout(log, id)).map(({ event }) => event);
    expect(await found("ABCDEFGH23")).toEqual(["allow", "attach", "detach"]);
    expect(await found("beef")).toEqual(["detach"]);
    expect(await found("line")).toEqual([]);
  });

  test("lines as they are written, over a rotation", async () => {
    const abort = new AbortController();
    const following = followLog(log, abort.signal);
    const next = following.next();
    {
      using audit = new AuditLog({ path: log, bootId: "boot" });
      audit.note({ event: "start" });
      expect((await next).value).toContain('"seq":20');
      rmSync(log);
      audit.note({ event: "stop" });
    }
    expect((await following.next()).value).toContain('"repair"');
    expect((await following.next()).value).toContain('"stop"');
    abort.abort();
    expect((await following.next()).done).toBe(true);
  });
});
