import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { LayeredTree } from "../../../../runtime/rootfs/layered-tree.ts";
import { planMountPoints } from "../../../../runtime/rootfs/mount-points.ts";
import { fileType, makeNode, setAttribute } from "../../../../runtime/sys/file-calls.ts";

let scratch: string;
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), "cntnr-tree-"));
});
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

type Content = Readonly<Record<string, string | { readonly link: string } | "opaque" | "whiteout">>;
let count = 0;

/** A layer: texts are files, names that end in / directories. */
function layer(content: Content): string {
  const root = join(scratch, `${count++}`);
  mkdirSync(root);
  for (const [name, what] of Object.entries(content)) {
    const path = join(root, name);
    mkdirSync(name.endsWith("/") ? path : dirname(path), { recursive: true });
    if (typeof what === "object") symlinkSync(what.link, path);
    else if (what === "whiteout") makeNode(path, fileType.characterDevice);
    else if (what === "opaque") setAttribute(path, "user.overlay.opaque", Buffer.from("y"));
    else if (!name.endsWith("/")) writeFileSync(path, what);
  }
  return root;
}
const tree = (...layers: Content[]) => new LayeredTree(layers.map(layer));

describe("layers as an overlay shows them", () => {
  test("the uppermost file is seen, and directories are seen together", () => {
    const merged = tree({ "d/a": "low", "d/b": "low" }, { "d/b": "high", "d/c": "high" });
    expect(["a", "b", "c"].map((name) => merged.readText(`/d/${name}`))).toEqual(["low", "high", "high"]);
    expect(merged.readText("/d/none")).toBeUndefined();
    expect(merged.readText("/d")).toBeUndefined();
  });

  test("whiteouts, opaque directories and files in a directory's place hide what is below", () => {
    const merged = tree(
      { "gone/x": "low", "opaque/x": "low", "was-directory/x": "low", "is-directory": "low" },
      { gone: "whiteout", "opaque/": "opaque", "was-directory": "high", "is-directory/x": "high" },
      { "gone/y": "top" },
    );
    for (const path of ["/gone/x", "/opaque/x", "/was-directory/x"])
      expect(merged.readText(path)).toBeUndefined();
    expect(merged.readText("/gone/y")).toBe("top");
    expect(merged.readText("/is-directory/x")).toBe("high");
  });

  test("links lead through all layers, and never out of them", () => {
    const merged = tree(
      { "etc/real": "text", "up/": "", abs: { link: "/etc/real" }, rel: { link: "up/../../../../etc/real" } },
      { "dir-link": { link: "etc" }, outside: { link: `../../../../../..${scratch}/secret` } },
    );
    writeFileSync(join(scratch, "secret"), "secret");
    expect(merged.readText("/abs")).toBe("text");
    expect(merged.readText("/rel")).toBe("text");
    expect(merged.readText("/dir-link/real")).toBe("text");
    expect(merged.readText("/outside")).toBeUndefined();
    expect(merged.resolve("/outside").path).toBe(`${scratch}/secret`);
    expect(merged.lookUp("/abs")?.stats.isSymbolicLink()).toBe(true);
  });

  test("links in circles are refused", () => {
    const merged = tree({ a: { link: "b" }, b: { link: "a" } });
    expect(() => merged.readText("/a")).toThrow("go in circles");
  });

  test("a fifo is not read", () => {
    const root = layer({});
    makeNode(join(root, "passwd"), fileType.fifo | 0o644);
    expect(new LayeredTree([root]).readText("/passwd")).toBeUndefined();
  });
});

describe("mount points", () => {
  const points = [
    { path: "/dev", kind: "directory" },
    { path: "/etc/hosts", kind: "file" },
  ] as const;

  test("are left alone when they are missing or as they should be", () => {
    for (const merged of [tree({}), tree({ "dev/": "", "etc/hosts": "" })])
      expect(planMountPoints(merged, points)).toEqual({ parents: [], replacements: [] });
  });

  test("are covered where the image has something else, in directories like the image's (B4, B5)", () => {
    const merged = tree({ dev: { link: "/tmp" }, "etc/hosts": { link: "/etc/shadow" } });
    const plan = planMountPoints(merged, points);
    expect(plan.replacements).toEqual([...points]);
    expect(plan.parents.map(({ path }) => path)).toEqual(["/etc"]);
  });

  test("are looked for where a link of the image leads", () => {
    const merged = tree({ etc: { link: "usr/etc" }, "usr/etc/hosts/": "" });
    const plan = planMountPoints(merged, points);
    expect(plan.replacements).toEqual([{ path: "/usr/etc/hosts", kind: "file" }]);
    expect(plan.parents.map(({ path }) => path)).toEqual(["/usr", "/usr/etc"]);
  });

  test.each(["/proc/self/cwd", "sys", "/dev/fd"])("are refused when a link leads to %s (B5)", (link) => {
    expect(() => planMountPoints(tree({ etc: { link } }), points)).toThrow("refused");
  });
});
