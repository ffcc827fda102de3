import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chownSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ImageLayout, imageReference, makeImage } from "../fixtures/images.ts";
import {
  archive,
  directory,
  endMark,
  file,
  gnuLong,
  hardLink,
  header,
  pax,
  symbolicLink,
} from "../fixtures/tar-archive.ts";
import { TestHost } from "../fixtures/test-host.ts";
import { describeTree } from "../fixtures/tree.ts";
import type { TestUser } from "../fixtures/users.ts";

/*
 * Images that were made to do harm (B7, B8 of the threat list), pulled by ordinary users with the compiled program: alice has
 * sub-ids, carol has one id only. Whatever happens, the users' own files stay as they are and no part of an image is left.
 */

let host: TestHost;
let users: readonly TestUser[];
let images = 0;

beforeAll(async () => {
  host = await TestHost.start();
  users = [host.users.alice, host.users.carol];
  for (const user of users) {
    writeFileSync(victimOf(user), "untouched");
    chownSync(victimOf(user), user.uid, user.gid);
  }
});
afterAll(() => host[Symbol.asyncDispose]());

function victimOf(user: TestUser): string {
  return host.homeOf(user, "victim");
}

/** An image of one layer for one test. */
function imageOf(...parts: readonly Uint8Array[]): ImageLayout {
  return makeImage(join(host.directory, `image-${images++}`), [archive(...parts, endMark)]);
}

interface Pull {
  readonly user: TestUser;
  readonly exitCode: number;
  readonly stderr: string;
}

async function pull(user: TestUser, image: ImageLayout): Promise<Pull> {
  const argv = ["cntnr", "--image-policy", "insecure", "image", "pull", "--quiet", imageReference(image)];
  const { exitCode, stderr } = await host.asUser(user, argv);
  return { user, exitCode, stderr };
}

/** What is seen of images, half-made things and files in homes; the same before and after a pull that fails. */
function stateOf(user: TestUser) {
  const store = host.storeOf(user);
  const list = (path: string) => (existsSync(path) ? readdirSync(path).sort() : []);
  return {
    home: list(host.homeOf(user)).filter((name) => name !== ".local"),
    victim: readFileSync(victimOf(user), "utf8"),
    index: existsSync(join(store, "images/index.json"))
      ? readFileSync(join(store, "images/index.json"), "utf8")
      : "",
    layers: list(join(store, "layers")),
    tmp: list(join(store, "tmp")),
    store: list(store).filter((name) => !name.endsWith(".lock")),
  };
}

/** Pulls as each user, expects a refusal for this reason, and that nothing is different afterwards. */
async function expectRefused(image: ImageLayout, reason: RegExp): Promise<void> {
  for (const user of users) {
    await host.asUser(user, ["cntnr", "image", "ls"]);
    const before = stateOf(user);
    const result = await pull(user, image);
    expect(result.stderr).toMatch(reason);
    expect(result.stderr.trim().split("\n")).toHaveLength(1);
    expect(result.exitCode).toBe(1);
    expect(stateOf(user)).toEqual(before);
  }
}

/** Pulls as each user, and hands over the tree of the layer. The user's files are as they were. */
async function expectContained(
  image: ImageLayout,
  check: (tree: string, user: TestUser) => void,
): Promise<void> {
  for (const user of users) {
    const before = new Set(stateOf(user).layers);
    const result = await pull(user, image);
    expect(result).toMatchObject({ exitCode: 0, stderr: "" });
    const added = stateOf(user).layers.filter((name) => !before.has(name) && !name.endsWith(".json"));
    expect(added).toHaveLength(1);
    expect(readFileSync(victimOf(user), "utf8")).toBe("untouched");
    check(host.storeOf(user, "layers", added[0] ?? "", "tree"), user);
  }
}

const contents = (tree: string) => describeTree(tree, { ignoreTimes: true }).slice(1);

describe("a layer cannot leave its directory (B7)", () => {
  test.each([
    ["an absolute name (CVE-2026-23745, CVE-2019-14271)", [file("/home/cntnr-alice/victim", "x")]],
    ["a name with .. (CVE-2024-12905)", [file("../../../../../victim", "x")]],
    ["a name with .. within (CVE-2025-48387)", [directory("a"), file("a/../../x", "x")]],
    ["a pax path with .. (CVE-2026-31802)", [pax([["path", "../x"]]), file("innocent", "x")]],
    ["a GNU long name with ..", [gnuLong("L", "../x"), file("innocent", "x", { format: "gnu" })]],
    ["a hard link to an absolute name (CVE-2026-26960)", [hardLink("h", "/home/cntnr-alice/victim")]],
    ["a hard link with ..", [hardLink("h", "../../../../victim")]],
    ["a hard link to nothing in the layer", [hardLink("h", "nothing")]],
    [
      "a hard link to what is behind a link (CVE-2024-9676)",
      [symbolicLink("home", "/home/cntnr-alice"), hardLink("h", "home/victim")],
    ],
    ["a link in the place of its root (CVE-2021-29136)", [symbolicLink("./", "/"), file("victim", "x")]],
    ["a link /. in the place of its root (CVE-2021-29136)", [symbolicLink("/.", "/"), file("victim", "x")]],
    [
      "a file behind a link to a directory outside (CVE-2024-9675)",
      [symbolicLink("home", "/home/cntnr-alice"), file("home/victim", "x")],
    ],
    [
      "a file behind a link up (CVE-2024-1753)",
      [directory("a"), symbolicLink("a/up", "../../../../../../../home"), file("a/up/x", "x")],
    ],
    ["a file behind a link to itself", [symbolicLink("loop", "loop"), file("loop/x", "x")]],
    ["an entry in a file", [file("f", "x"), file("f/x", "y")]],
    ["a hard link to itself", [file("f", "x"), hardLink("f", "f")]],
    ["a hard link to a directory", [directory("d"), hardLink("h", "d")]],
  ])("refuses %s", async (_, parts) => {
    await expectRefused(imageOf(...parts), /^cntnr: layer: .*\(layer sha256:[a-f0-9]{64}\)/);
  });

  test("replaces a link instead of writing through it", async () => {
    const parts = [
      symbolicLink("a", "/home/cntnr-alice/victim"),
      file("a", "mine"),
      symbolicLink("b", "/home/cntnr-carol/victim"),
      file("b", "mine"),
      symbolicLink("c", "/home/cntnr-alice"),
      directory("c"),
      file("c/victim", "mine"),
    ];
    await expectContained(imageOf(...parts), (tree) => {
      for (const name of ["a", "b", "c/victim"]) expect(readFileSync(join(tree, name), "utf8")).toBe("mine");
    });
  });

  test("follows links to directories within the layer, absolute ones too, as the container will", async () => {
    const parts = [
      directory("real"),
      symbolicLink("absolute", "/real"),
      symbolicLink("up", "../../../real"),
      file("absolute/a", "1"),
      file("up/b", "2"),
    ];
    await expectContained(imageOf(...parts), (tree) => {
      expect(readdirSync(join(tree, "real")).sort()).toEqual(["a", "b"]);
    });
  });

  test("does not follow a link that is the target of a hard link", async () => {
    const parts = [symbolicLink("l", "/home/cntnr-alice/victim"), hardLink("h", "l"), file("h", "mine")];
    await expectContained(imageOf(...parts), (tree) => {
      expect(readFileSync(join(tree, "h"), "utf8")).toBe("mine");
    });
  });

  test("makes no devices, and does not wait at a fifo", async () => {
    const parts = [
      header({ name: "disk", type: "4", patches: { 329: "0000010\0", 337: "0000000\0" } }),
      header({ name: "null", type: "3", patches: { 329: "0000001\0", 337: "0000003\0" } }),
      header({ name: "fake-whiteout", type: "3" }),
      header({ name: "pipe", type: "6" }),
      file("pipe", "a file now"),
    ];
    await expectContained(imageOf(...parts), (tree) => {
      expect(readdirSync(tree)).toEqual(["pipe"]);
      expect(readFileSync(join(tree, "pipe"), "utf8")).toBe("a file now");
    });
  });

  test("takes the last of several entries of one name", async () => {
    const parts = [
      file("x", "first"),
      directory("x"),
      symbolicLink("x", "target"),
      file("x", "last"),
      directory("d", { mode: 0o700 }),
      directory("d", { mode: 0o711 }),
    ];
    await expectContained(imageOf(...parts), (tree, user) => {
      const owner = `${user.uid}:${user.gid}`;
      expect(contents(tree)).toEqual([
        expect.stringMatching(new RegExp(`^d 40711 ${owner} `)),
        expect.stringMatching(new RegExp(`^x 100644 ${owner} 4 `)),
      ]);
    });
  });

  test("replaces directories with all that is in them, as umoci and docker do", async () => {
    const parts = [
      ...[directory("d", { mode: 0o700 }), file("d/.wh.x"), file("d/sub/y", "y"), symbolicLink("d/up", "/")],
      ...[file("d", "a file now"), directory("e"), file("e/f/g", "g"), symbolicLink("e", "real")],
      // What was known of the directory is not believed any more.
      ...[directory("real"), file("e/f/h", "behind the link")],
    ];
    await expectContained(imageOf(...parts), (tree) => {
      expect(readdirSync(tree).sort()).toEqual(["d", "e", "real"]);
      expect(readFileSync(join(tree, "d"), "utf8")).toBe("a file now");
      expect(readdirSync(join(tree, "real/f"))).toEqual(["h"]);
    });
  });

  test("does not let an archive steer the overlay by attributes (redirect, opaque, metacopy)", async () => {
    const steering = pax(
      ["redirect", "opaque", "metacopy", "whiteout"].flatMap((name) => [
        [`SCHILY.xattr.user.overlay.${name}`, "/etc"] as const,
        [`SCHILY.xattr.trusted.overlay.${name}`, "/etc"] as const,
      ]),
    );
    await expectContained(imageOf(steering, directory("d"), steering, file("f", "")), (tree) => {
      expect(contents(tree).filter((line) => line.includes("overlay"))).toEqual([]);
    });
  });

  test("gives set-id bits to nobody but the archive's own owner", async () => {
    const parts = [
      file("beyond", "x", { mode: 0o6755, uid: 4_000_000_000, gid: 4_000_000_000, format: "gnu" }),
    ];
    const [alice] = users;
    if (!alice) throw new Error("nobody");
    const result = await pull(alice, imageOf(...parts));
    expect(result.exitCode).toBe(0);
    const trees = stateOf(alice).layers.flatMap((name) => {
      const path = host.storeOf(alice, "layers", name, "tree/beyond");
      return existsSync(path) ? contents(join(path, "..")) : [];
    });
    expect(trees).toEqual([expect.stringMatching(/^beyond 100755 /)]);
  });
});

describe("whiteouts (B7)", () => {
  test.each([
    ["of .", ".wh.."],
    ["of ..", ".wh..."],
    ["of .. below", "a/.wh..."],
    ["of nothing", ".wh."],
    ["with an entry in it", ".wh.a/b"],
    ["of an absolute name", "/.wh.home"],
    ["of what is above", "../.wh.home"],
  ])("%s are refused", async (_, name) => {
    await expectRefused(imageOf(file(name)), /^cntnr: layer: /);
  });

  test("behind links hide nothing outside", async () => {
    await expectRefused(
      imageOf(symbolicLink("home", "/home/cntnr-alice"), file("home/.wh.victim")),
      /^cntnr: layer: /,
    );
    await expectRefused(
      imageOf(symbolicLink("home", "/home/cntnr-alice"), file("home/.wh..wh..opq")),
      /^cntnr: layer: /,
    );
  });
});

describe("a layer that is too much (B7)", () => {
  test.each([
    ["has a file of 8 EiB", [header({ name: "f", size: 2 ** 53 - 1 })], /a file of/],
    ["promises more than it has", [header({ name: "f", size: 1_000_000_000 })], /ends in the middle/],
    [
      "has a path longer than any",
      [pax([["path", `${"d/".repeat(2100)}x`]]), file("f")],
      /longer than a path/,
    ],
    ["has a name longer than any", [pax([["path", "n".repeat(300)]]), file("f")], /longer than a file name/],
    [
      "has an attribute larger than any",
      [pax([["SCHILY.xattr.user.x", "x".repeat(70_000)]]), file("f")],
      /an extended attribute that no file could have/,
    ],
    [
      "has attributes without end",
      [
        pax(
          Array.from(
            { length: 80 },
            (_, index) => [`SCHILY.xattr.user.${index}`, "x".repeat(60_000)] as const,
          ),
        ),
        file("f"),
      ],
      /extended headers of more than/,
    ],
    [
      "has a sparse file of 8 EiB",
      [
        pax([
          ["GNU.sparse.size", String(2 ** 53 - 1)],
          ["GNU.sparse.map", "0,1"],
        ]),
        file("f", "x"),
      ],
      /a file of/,
    ],
    ["is deeper than any tree", [pax([["path", `${"d/".repeat(300)}x`]]), file("f")], /directories deep/],
  ])("is refused when it %s", async (_, parts, reason) => {
    await expectRefused(imageOf(...parts), reason);
  });
});
