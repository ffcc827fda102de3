import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeStrayLeases } from "../../../../netd/cni/leases.ts";

let directory = "";

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "cntnr-leases-"));
  mkdirSync(join(directory, "lab"));
});

afterEach(() => rmSync(directory, { recursive: true, force: true }));

function lease(name: string, content: string): void {
  writeFileSync(join(directory, name), content);
}

test("removes the leases of containers that are not attached, and reports them (F2)", () => {
  mkdirSync(join(directory, "web"));
  lease("lab/10.20.0.2", "clive\r\neth0");
  lease("lab/10.20.0.3", "cgone\r\neth0");
  lease("web/fd00::2", "cgone\r\neth0");
  lease("web/fd00::3", "clive\neth1");
  lease("web/10.0.0.9", "clive2\r\neth0");
  expect(removeStrayLeases(directory, new Set(["clive"]))).toEqual([
    "lab/10.20.0.3",
    "web/10.0.0.9",
    "web/fd00::2",
  ]);
  expect(readdirSync(join(directory, "lab"))).toEqual(["10.20.0.2"]);
  expect(readdirSync(join(directory, "web"))).toEqual(["fd00::3"]);
});

test("removes leases that a crash left empty or damaged (F2)", () => {
  lease("lab/10.20.0.2", "");
  lease("lab/10.20.0.3", "\r\neth0");
  lease("lab/10.20.0.4", "\0".repeat(5000));
  expect(removeStrayLeases(directory, new Set(["clive"]))).toHaveLength(3);
});

test("touches nothing when a record of the journal could not be read (F10)", () => {
  lease("lab/10.20.0.2", "cgone\r\neth0");
  expect(removeStrayLeases(directory, "incomplete")).toEqual([]);
  expect(existsSync(join(directory, "lab/10.20.0.2"))).toBe(true);
});

test("leaves the plugin's other files, and what is no lease, alone", () => {
  lease("lab/lock", "");
  lease("lab/last_reserved_ip.0", "10.20.0.2");
  lease("stray", "");
  mkdirSync(join(directory, "lab/10.20.0.7"));
  expect(removeStrayLeases(directory, new Set())).toEqual([]);
  expect(readdirSync(join(directory, "lab")).sort()).toEqual(["10.20.0.7", "last_reserved_ip.0", "lock"]);
});

test("follows no link, neither to a lease nor to a network", () => {
  const elsewhere = mkdtempSync(join(tmpdir(), "cntnr-leases-"));
  try {
    writeFileSync(join(elsewhere, "10.20.0.2"), "");
    symlinkSync(elsewhere, join(directory, "web"));
    symlinkSync(join(elsewhere, "10.20.0.2"), join(directory, "lab/10.20.0.2"));
    expect(removeStrayLeases(directory, new Set())).toEqual([]);
    expect(existsSync(join(elsewhere, "10.20.0.2"))).toBe(true);
    expect(readdirSync(join(directory, "lab"))).toEqual(["10.20.0.2"]);
  } finally {
    rmSync(elsewhere, { recursive: true });
  }
});
