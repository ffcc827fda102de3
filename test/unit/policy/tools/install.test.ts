import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { loadPolicy } from "../../../../policy/load.ts";
import { installPolicy } from "../../../../policy/tools/install.ts";
import { readSources } from "../../../../policy/tools/read-sources.ts";
import { resolveNames } from "../policies.ts";

let scratch = "";
let directory = "";

beforeEach(() => {
  scratch = mkdtempSync("/run/cntnr-policy-");
  chmodSync(scratch, 0o755);
  directory = join(scratch, "netd.d");
  mkdirSync(directory);
  writeFileSync(join(directory, "10-lab.conf"), "[network lab]\nconflist = lab.conflist\n");
});

afterEach(() => rmSync(scratch, { recursive: true }));

function draft(name: string, text: string): string {
  const path = join(scratch, name);
  writeFileSync(path, text, { mode: 0o666 });
  chmodSync(path, 0o666);
  return path;
}

const install = (file: string, requireGood = () => Promise.resolve()) =>
  installPolicy({ file, directory, resolveNames, requireGood });

describe("installing a policy file (C3)", () => {
  test("puts it in place with the rest of the policy, safe to be trusted, and leaves nothing else", async () => {
    const file = draft("20-rules.conf", "[allow user:alice network:lab]\nattachments = 1\n");
    expect((await install(file)).rules).toHaveLength(1);
    expect(readdirSync(directory).toSorted()).toEqual(["10-lab.conf", "20-rules.conf"]);
    expect(statSync(join(directory, "20-rules.conf")).mode & 0o022).toBe(0);
    expect((await loadPolicy({ directory, resolveNames })).rules).toHaveLength(1);
  });

  test("takes the place of a file of the same name, by a new file", async () => {
    const before = statSync(join(directory, "10-lab.conf")).ino;
    await install(draft("10-lab.conf", "[network lab]\nconflist = other.conflist\n"));
    expect(readFileSync(join(directory, "10-lab.conf"), "utf8")).toContain("other");
    expect(statSync(join(directory, "10-lab.conf")).ino).not.toBe(before);
  });

  test.each([
    [
      "10-lab.conf",
      "[network other]\nconflist = o.conflist\n[allow everyone network:lab]\n",
      "10-lab.conf:3:25: there is no",
    ],
    ["20-x.conf", "[network lab]\nconflist = o.conflist\n", "20-x.conf:1:1: [network lab] is there twice"],
    ["20-x.conf", "[allow user:twin network:lab]\n", "20-x.conf:1:8: user:twin is ambiguous"],
    ["x.txt", "", "x.txt: must be named by letters"],
    [".x.conf", "", ".x.conf: must be named by letters"],
  ])("changes nothing when the whole would not be good: %s", async (name, text, message) => {
    const before = readFileSync(join(directory, "10-lab.conf"), "utf8");
    await expect(install(draft(name, text))).rejects.toThrow(message);
    expect(readdirSync(directory).toSorted()).toEqual(["10-lab.conf"]);
    expect(readFileSync(join(directory, "10-lab.conf"), "utf8")).toBe(before);
  });

  test("changes nothing when something else says that it would not be good", async () => {
    const lacking = () => Promise.reject(new Error("it lacks something"));
    await expect(install(draft("20-x.conf", ""), lacking)).rejects.toThrow("it lacks something");
    expect(readdirSync(directory).toSorted()).toEqual(["10-lab.conf"]);
  });

  test("does not do it where others could change it", async () => {
    chmodSync(directory, 0o777);
    await expect(install(draft("20-x.conf", ""))).rejects.toThrow("can be written by group or others");
    expect(existsSync(join(directory, "20-x.conf"))).toBeFalse();
  });

  test("clears up when it cannot be finished", async () => {
    mkdirSync(join(directory, "20-x.conf"));
    rmSync(join(directory, "10-lab.conf"));
    const file = draft("20-x.conf", "");
    await expect(install(file)).rejects.toThrow();
    expect(readdirSync(directory).toSorted()).toEqual(["20-x.conf"]);
  });
});

describe("policies to look at", () => {
  test("are files and directories that anybody may have written", async () => {
    draft("a.conf", "x");
    chmodSync(directory, 0o777);
    writeFileSync(join(directory, "README"), "x");
    const sources = readSources([join(scratch, "a.conf"), directory]);
    expect(sources.map(({ file }) => file)).toEqual([join(scratch, "a.conf"), "10-lab.conf"]);
    expect(() => readSources([join(scratch, "none")])).toThrow("ENOENT");
  });
});
