import { expect, test } from "bun:test";
import { overlayOptions } from "../../../../runtime/rootfs/overlay-mount.ts";

test("the uppermost layer is named first", () => {
  expect(overlayOptions({ layers: ["/l/low", "/l/high"], upper: "/c/upper", work: "/c/work" })).toEqual([
    "lowerdir=/l/high:/l/low",
    "upperdir=/c/upper",
    "workdir=/c/work",
    "userxattr",
  ]);
});

test("what separates options and layers is escaped", () => {
  const options = overlayOptions({ layers: ["/a:b,c\\d"], upper: "/u,v:w", work: "/w" });
  expect(options?.slice(0, 2)).toEqual(["lowerdir=/a\\:b\\,c\\\\d", "upperdir=/u\\,v:w"]);
});

test("more than a page of options is none (mount(2))", () => {
  const layers = (count: number) =>
    Array.from({ length: count }, () => "/home/alice/.local/share/cntnr/l/abcdef");
  expect(overlayOptions({ layers: layers(80), upper: "/u", work: "/w" })).toBeDefined();
  expect(overlayOptions({ layers: layers(110), upper: "/u", work: "/w" })).toBeUndefined();
});
