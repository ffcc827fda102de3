import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { peek } from "bun";
import { loadPolicy } from "../../../policy/load.ts";
import { readDraft, readTrustedFile, TrustError } from "../../../policy/trusted-file.ts";
import { resolveNames } from "./policies.ts";

const directories: string[] = [];
let directory = "";
let file = "";

beforeEach(() => {
  // Root's all the way up, unlike /tmp.
  directory = mkdtempSync("/run/cntnr-policy-");
  chmodSync(directory, 0o755);
  directories.push(directory);
  file = join(directory, "a.conf");
  writeFileSync(file, "x", { mode: 0o644 });
});

afterAll(() => {
  for (const one of directories) rmSync(one, { recursive: true });
});

function makeFifo(path: string): void {
  if (Bun.spawnSync(["mkfifo", path]).exitCode !== 0) throw new Error(`mkfifo ${path}`);
}

describe("a policy file (C1)", () => {
  test("that only root can have written is read", async () => {
    expect((await readTrustedFile(file)).toString()).toBe("x");
    chmodSync(file, 0o400);
    expect((await readTrustedFile(file)).toString()).toBe("x");
    writeFileSync(file, "");
    expect((await readTrustedFile(file)).length).toBe(0);
  });

  const faults: readonly (readonly [string, () => void, string])[] = [
    ["of another user", () => chownSync(file, 1, 0), "belongs to uid 1, not to root; run chown root "],
    [
      "writable by its group",
      () => chmodSync(file, 0o664),
      "can be written by group or others; run chmod go-w ",
    ],
    ["writable by all", () => chmodSync(file, 0o646), "can be written by group or others"],
    [
      "with a second name",
      () => linkSync(file, join(directory, "other")),
      "has other names (hard links); copy it",
    ],
    ["larger than 1 MiB", () => writeFileSync(file, Buffer.alloc(1024 * 1024 + 1)), "is larger than 1 MiB"],
    [
      "that is a symbolic link",
      () => {
        rmSync(file);
        writeFileSync(join(directory, "real"), "x");
        symlinkSync("real", file);
      },
      "is a symbolic link; put the file itself there",
    ],
    [
      "that is a FIFO, without waiting for it",
      () => {
        rmSync(file);
        makeFifo(file);
      },
      "is not a regular file",
    ],
    [
      "that is a directory",
      () => {
        rmSync(file);
        mkdirSync(file);
      },
      "is not a regular file",
    ],
    ["that is missing", () => rmSync(file), "does not exist"],
  ];
  test.each(faults)("%s is refused", async (_, spoil, reason) => {
    spoil();
    await expect(readTrustedFile(file)).rejects.toThrow(`${file}: ${reason}`);
  });

  test("of exactly 1 MiB is the largest", async () => {
    writeFileSync(file, Buffer.alloc(1024 * 1024));
    expect((await readTrustedFile(file)).length).toBe(1024 * 1024);
  });

  const directoryFaults: readonly (readonly [string, () => void, string])[] = [
    ["of another user", () => chownSync(directory, 1, 0), "belongs to uid 1, not to root"],
    ["writable by its group", () => chmodSync(directory, 0o775), "can be written by group or others"],
    [
      "writable by all, though sticky",
      () => chmodSync(directory, 0o1777),
      "can be written by group or others",
    ],
  ];
  test.each(directoryFaults)("in a directory %s is refused, at any depth", async (_, spoil, reason) => {
    const inner = join(directory, "inner");
    mkdirSync(inner);
    writeFileSync(join(inner, "b.conf"), "x");
    spoil();
    await expect(readTrustedFile(file)).rejects.toThrow(`${directory}: ${reason}`);
    await expect(readTrustedFile(join(inner, "b.conf"))).rejects.toThrow(`${directory}: ${reason}`);
  });

  test("in /tmp is refused", async () => {
    const temporary = mkdtempSync(join(tmpdir(), "policy-"));
    directories.push(temporary);
    writeFileSync(join(temporary, "a.conf"), "x");
    await expect(readTrustedFile(join(temporary, "a.conf"))).rejects.toThrow(
      "can be written by group or others",
    );
  });

  test("behind a symbolic link to its directory is refused", async () => {
    symlinkSync(directory, join(directory, "link"));
    await expect(readTrustedFile(join(directory, "link", "a.conf"))).rejects.toThrow(
      "link: is a symbolic link; name the directory that it leads to",
    );
  });

  test.each(["a.conf", "./a.conf", "/etc/../etc/passwd", "/etc//passwd"])(
    "has a plain name: %p",
    async (path) => {
      await expect(readTrustedFile(path)).rejects.toThrow("must be an absolute path without . and ..");
    },
  );

  test("whose name is given to another file while it is read is refused, whatever that holds (C2)", async () => {
    let reading: Promise<Buffer>;
    do {
      writeFileSync(file, "mine");
      reading = readTrustedFile(file);
      // On a busy machine the file may be old by now, and is read at once.
    } while (peek.status(reading) !== "pending");
    const other = join(directory, "other");
    writeFileSync(other, "theirs");
    renameSync(other, file);
    await expect(reading).rejects.toThrow(TrustError);
  });

  // A writer who is kept from running in the middle of his write looks like one who is done: only a rename is whole.
  test("that changes all the time is refused (C3)", async () => {
    const script = `const fs = require("node:fs"); for (let i = 0; ; i++) fs.writeFileSync(${JSON.stringify(file)}, String(i % 2).repeat(100000 + (i % 3)));`;
    const writer = Bun.spawn([process.execPath, "-e", script]);
    try {
      let refused = 0;
      const deadline = Date.now() + 10_000;
      while (refused < 3 && Date.now() < deadline) {
        try {
          await readTrustedFile(file);
        } catch (error) {
          if (!String(error).includes("changes while it is read")) throw error;
          refused += 1;
        }
      }
      expect(refused).toBe(3);
    } finally {
      writer.kill();
      await writer.exited;
    }
  });
});

describe("a file to be looked at", () => {
  test("is read whoever can write it, also by a link", () => {
    chmodSync(file, 0o666);
    symlinkSync(file, join(directory, "link"));
    expect(readDraft(join(directory, "link")).toString()).toBe("x");
  });

  test("is never waited for: no FIFO, no device, and nothing without end", () => {
    const fifo = join(directory, "fifo");
    makeFifo(fifo);
    for (const path of [fifo, "/dev/zero", "/dev/tty"])
      expect(() => readDraft(path)).toThrow(`${path}: is not a regular file; write what it gives into one`);
    expect(() => readDraft(directory)).toThrow("a file is needed, and this is a directory");
    truncateSync(file, 1024 ** 4);
    expect(() => readDraft(file)).toThrow("is larger than 1 MiB");
    // Regular files of size 0 that go on and on are in /proc.
    expect(() => readDraft("/proc/kallsyms")).toThrow("is larger than 1 MiB");
  });
});

describe("a directory of policy files (C6)", () => {
  const load = () => loadPolicy({ directory, resolveNames });
  const write = (name: string, text: string) => writeFileSync(join(directory, name), text);

  beforeEach(() => {
    write("a.conf", "[network a]\nconflist = a.conflist\n[allow everyone network:b]\nattachments = 1\n");
    write("b.conf", "[network b]\nconflist = b.conflist\n");
  });

  test("is one policy, whatever the order of its files", async () => {
    const policy = await load();
    expect([...policy.networks.keys()]).toEqual(["a", "b"]);
    expect(policy.rules.map(({ place }) => place)).toEqual(["a.conf:3"]);
    expect(policy.hash).toMatch(/^[0-9a-f]{64}$/);
    expect((await load()).hash).toBe(policy.hash);
    write("b.conf", "[network b]\nconflist = b.conflist\n;\n");
    expect((await load()).hash).not.toBe(policy.hash);
  });

  test("with nothing in it denies everything (C5)", async () => {
    rmSync(file);
    rmSync(join(directory, "b.conf"));
    expect(await load()).toMatchObject({ networks: new Map(), rules: [] });
  });

  test("that is missing is an error (C4)", async () => {
    rmSync(directory, { recursive: true });
    await expect(load()).rejects.toThrow(`${directory}: does not exist`);
    mkdirSync(directory);
  });

  test("is refused as a whole for one bad file (C4, C6)", async () => {
    write("c.conf", "[network");
    await expect(load()).rejects.toThrow("c.conf:1:9: section head without its ]");
    rmSync(join(directory, "c.conf"));
    chmodSync(file, 0o666);
    await expect(load()).rejects.toThrow(`${file}: can be written by group or others`);
  });

  test("may hold other files, but none that look like policy and are not read", async () => {
    for (const name of ["README", "a.conf~", "a.conf.bak", ".a.conf.swp", ".#a.conf"]) write(name, "?");
    expect((await load()).networks.size).toBe(2);
    write("c d.conf", "[network c]\nconflist = c.conflist\n");
    await expect(load()).rejects.toThrow(`"c d.conf" must be letters, digits, _ and - before .conf`);
  });

  test("has at most 256 of them", async () => {
    for (let i = 0; i < 254; i++) write(`n${i}.conf`, `[network n${i}]\nconflist = n.conflist\n`);
    expect((await load()).networks.size).toBe(256);
    write("one-more.conf", "");
    await expect(load()).rejects.toThrow("has more than 256 policy files");
  });
});
