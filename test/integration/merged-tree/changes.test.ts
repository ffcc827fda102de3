import { afterAll, afterEach, beforeAll, expect, test } from "bun:test";
import {
  appendFileSync,
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { makeOpaque, makeWhiteout } from "../../../runtime/layer/deletion-marks.ts";
import { LowerLayers } from "../../../runtime/layer/lower-layers.ts";
import { packLayer } from "../../../runtime/layer/pack-layer.ts";
import { mergeDirectories } from "../../../runtime/merged-tree/merge-layers.ts";
import { readSnapshot, takeSnapshot } from "../../../runtime/merged-tree/snapshot.ts";
import { takeChanges } from "../../../runtime/merged-tree/take-changes.ts";
import { setAttribute } from "../../../runtime/sys/file-calls.ts";
import { describeTree } from "../../fixtures/tree.ts";
import { runChecked } from "../../fixtures/users.ts";

let directory: string;
const here = process.cwd();

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "cntnr-merge-"));
});
afterEach(() => process.chdir(here));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** Two layers with all that layers have: the upper one deletes, hides, replaces and changes. */
function makeLayers(root: string): [string, string] {
  const [low, high] = [join(root, "low"), join(root, "high")];
  for (const name of [
    "a/kept",
    "a/gone",
    "a/b/deep",
    "opaque/old",
    "file-to-dir",
    "dir-to-file/in",
    "d/e/f/g",
  ])
    write(join(low, name), `low ${name}`);
  write(join(low, "hard"), "one file");
  linkSync(join(low, "hard"), join(low, "a/hard too"));
  symlinkSync("a/kept", join(low, "link"));
  chmodSync(join(low, "a/b"), 0o2750);
  chownSync(join(low, "a/kept"), 12, 34);
  setAttribute(join(low, "a"), "user.mark", Buffer.from("kept"));
  for (const name of ["a/new", "opaque/new", "file-to-dir/in", "dir-to-file"])
    write(join(high, name), `high ${name}`);
  for (const name of ["a/gone", "d/e"]) {
    mkdirSync(join(high, dirname(name)), { recursive: true });
    makeWhiteout(join(high, name));
  }
  makeOpaque(join(high, "opaque"));
  return [low, high];
}

function merge(name: string, sources: readonly string[]): string {
  const target = mkdtempSync(join(directory, `${name}-`));
  process.chdir(target);
  mergeDirectories(sources);
  process.chdir(here);
  return target;
}

test("merged directories are what an overlay shows of them", async () => {
  const root = mkdtempSync(join(directory, "overlay-"));
  const [low, high] = makeLayers(root);
  const copy = merge("copy", [high, low]);
  const show = join(root, "show");
  mkdirSync(show);
  const mounted = `mount -t overlay -o ro,userxattr,lowerdir=${high}:${low} overlay ${show} && cp -a ${show} ${root}/shown`;
  await runChecked(["unshare", "--mount", "sh", "-c", mounted]);
  expect(describeTree(copy)).toEqual(describeTree(join(root, "shown")));
});

test("holes stay holes, and data are the same", () => {
  const root = mkdtempSync(join(directory, "holes-"));
  const fd = openSync(join(root, "sparse"), "w");
  writeSync(fd, "begin", 0);
  writeSync(fd, "middle", 40_000_000);
  closeSync(fd);
  truncateSync(join(root, "sparse"), 80_000_000);
  const copy = join(merge("holes", [root]), "sparse");
  expect(readFileSync(copy).equals(readFileSync(join(root, "sparse")))).toBe(true);
  expect(statSync(copy).blocks).toBeLessThan(1000);
});

/** What programs do to files. Paths are few, so that the same ones are met again. */
const paths = fc.constantFrom(
  ...[
    "a",
    "a/kept",
    "a/new",
    "a/b",
    "a/b/deep",
    "a/x",
    "opaque",
    "opaque/new",
    "file-to-dir",
    "file-to-dir/in",
  ],
  ...["dir-to-file", "hard", "a/hard too", "link", "n", "n/m", "d", "d/e"],
);
const operations: Readonly<Record<string, (path: string, other: string) => void>> = {
  write: (path) => writeFileSync(path, "written"),
  append: (path) => appendFileSync(path, "!"),
  // With the size and time that it had.
  rewrite: (path) => {
    const { size, atime, mtime } = statSync(path);
    writeFileSync(path, "x".repeat(size));
    utimesSync(path, atime, mtime);
  },
  remove: (path) => rmSync(path, { recursive: true }),
  directory: (path) => mkdirSync(path),
  anew: (path) => {
    rmSync(path, { recursive: true });
    mkdirSync(path);
  },
  rename: (path, other) => renameSync(path, other),
  link: (path, other) => linkSync(path, other),
  symlink: (path, other) => symlinkSync(other, path),
  mode: (path) => chmodSync(path, 0o711),
  owner: (path) => chownSync(path, 7, 8),
  attribute: (path) => setAttribute(path, "user.mark", Buffer.from("new")),
};

const change = fc.record({ name: fc.constantFrom(...Object.keys(operations)), path: paths, other: paths });

test("changes of a copy on top of the layers show the changed copy again, whatever was done to it", async () => {
  const root = mkdtempSync(join(directory, "changes-"));
  const [low, high] = makeLayers(root);
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 12 }), async (changes) => {
      const copy = merge("copy", [high, low]);
      const snapshot = join(root, "snapshot");
      process.chdir(copy);
      await takeSnapshot(snapshot);
      for (const { name, path, other } of changes) attempt(() => operations[name]?.(path, other));
      const expected = describeTree(copy);
      for (const how of ["copy", "move"] as const) {
        const upper = mkdtempSync(join(directory, "upper-"));
        process.chdir(upper);
        takeChanges(copy, readSnapshot(snapshot), how);
        process.chdir(here);
        const result = merge("result", [upper, high, low]);
        expect(describeTree(result)).toEqual(expected);
        for (const path of [upper, result]) rmSync(path, { recursive: true });
        if (how === "copy") expect(describeTree(copy)).toEqual(expected);
      }
      rmSync(copy, { recursive: true });
    }),
    {
      numRuns: 150,
      // A directory with one name of a file that has another elsewhere.
      examples: [
        [
          [
            { name: "rename", path: "a", other: "d" },
            { name: "write", path: "a", other: "a" },
          ],
        ],
      ],
    },
  );
});

test("what was not touched is no change", async () => {
  const root = mkdtempSync(join(directory, "untouched-"));
  const [low, high] = makeLayers(root);
  const copy = merge("copy", [high, low]);
  process.chdir(copy);
  await takeSnapshot(join(root, "snapshot"));
  readFileSync("a/kept");
  writeFileSync("a/b/more", "new");
  const upper = mkdtempSync(join(directory, "upper-"));
  process.chdir(upper);
  takeChanges(copy, readSnapshot(join(root, "snapshot")), "move");
  expect(describeTree(upper, { ignoreTimes: true }).map((line) => line.split(" ")[0])).toEqual([
    ".",
    "a",
    "a/b",
    "a/b/more",
  ]);
  expect(lstatSync("a/b").mode & 0o7777).toBe(0o2750);
  expect(existsSync(join(copy, "a/kept"))).toBe(true);
});

const scripts = [
  ["a directory is made again", "rm -r a; mkdir a; echo new >a/kept"],
  ["a directory is made again, empty", "rm -r opaque; mkdir opaque"],
  ["a directory within is made again", "rm -r a/b; mkdir a/b; mkdir -p d/e/f; touch d/e/f/h"],
  ["all in a directory is removed", "rm -r a/*; echo new >a/kept"],
  ["a file becomes a directory", "rm dir-to-file; mkdir -p dir-to-file/in"],
  ["a directory becomes a file", "rm -r file-to-dir; echo new >file-to-dir"],
  ["a new directory is moved to where an old one was", "mkdir n; echo new >n/m; rm -r a; mv n a"],
  ["what was deleted below comes again", "mkdir -p d/e/f; echo new >a/gone; mkdir x"],
  ["a directory is renamed", "mv a n"],
  ["modes, owners, attributes and links change", "chmod 700 a/b; chown 7:8 a/new; ln -sf x link"],
  ["what is made is gone again", "mkdir n a/n; touch m a/m; rm -r n a/n m a/m"],
] as const;

test.each(scripts)("a layer is the same of an overlay and of a copy when %s", async (_, script) => {
  const root = mkdtempSync(join(directory, "same-"));
  const [low, high] = makeLayers(root);
  // Whose other name is removed is changed in a copy, and in an overlay it is not.
  rmSync(join(low, "hard"));
  const [upper, work, shown, taken] = ["upper", "work", "shown", "taken"].map((name) => {
    mkdirSync(join(root, name));
    return join(root, name);
  }) as [string, string, string, string];
  const options = `userxattr,lowerdir=${high}:${low},upperdir=${upper},workdir=${work}`;
  const inOverlay = `mount -t overlay -o ${options} overlay ${shown} && cd ${shown} && ${script}`;
  await runChecked(["unshare", "--mount", "sh", "-ec", inOverlay]);
  const copy = merge("copy", [high, low]);
  process.chdir(copy);
  await takeSnapshot(join(root, "snapshot"));
  await runChecked(["sh", "-ec", `cd ${copy} && ${script}`]);
  process.chdir(taken);
  takeChanges(copy, readSnapshot(join(root, "snapshot")), "move");
  const lowers = [low, high];
  expect((await pack(taken, lowers)).names).toEqual((await pack(upper, lowers)).names);
  expect((await pack(taken, lowers)).sha256).toBe((await pack(upper, lowers)).sha256);
});

/** The layer that is made of a tree, times left out. */
async function pack(tree: string, lowers: readonly string[]) {
  const archive = `${tree}.tar`;
  process.chdir(tree);
  using below = new LowerLayers(lowers);
  const fd = openSync(archive, "w");
  try {
    const job = { owners: { kind: "files" }, latestSeconds: 0, mountPoints: [] } as const;
    const { archiveSha256 } = await packLayer({ ...job, compression: "none", fate: "keep" }, below, fd);
    const { stdout } = await runChecked(["tar", "-tf", archive]);
    return { sha256: archiveSha256, names: stdout.split("\n") };
  } finally {
    closeSync(fd);
    process.chdir(here);
  }
}

/** Much of what is tried at random cannot be done. */
function attempt(step: () => void): void {
  try {
    step();
  } catch (error) {
    if (!(error instanceof Error) || !("code" in error)) throw error;
  }
}
