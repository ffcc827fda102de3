import { describe, expect, test } from "bun:test";
import { homedir } from "node:os";
import type { VolumeMount } from "../../../../runtime/container/container-options.ts";
import {
  parseMountFlag,
  parseTmpfsFlag,
  parseVolumeFlag,
  parseVolumesFrom,
} from "../../../../runtime/container/mount-flags.ts";

const here = { cwd: "/work dir", exists: (path: string) => !path.includes("missing") };
const bind = (source: string, destination: string, readOnly = false, options: string[] = []) => ({
  kind: "bind" as const,
  source,
  destination,
  readOnly,
  options,
});
const volume = (destination: string, changes: Partial<VolumeMount> = {}): VolumeMount => ({
  kind: "volume",
  destination,
  readOnly: false,
  options: [],
  content: "copied",
  ...changes,
});

describe("-v", () => {
  test.each([
    ["/a:/b", bind("/a", "/b")],
    ["/a:/b:ro", bind("/a", "/b", true)],
    ["/a:/b:ro,rslave,noexec", bind("/a", "/b", true, ["rslave", "noexec"])],
    ["/a:/b/:rw,Z", bind("/a", "/b")],
    ["./x:/b", bind("/work dir/x", "/b")],
    ["../x:/b", bind("/x", "/b")],
    [".:/b", bind("/work dir", "/b")],
    ["~/x:/b", bind(`${homedir()}/x`, "/b")],
    ["./x:/bin/x:exec:ro", bind("/work dir/x", "/bin/x", true, ["exec"])],
    ["/a:/b:U", { ...bind("/a", "/b"), owner: "user" as const }],
    ["data:/b", volume("/b", { name: "data" })],
    ["data:/b:ro,nocopy", volume("/b", { name: "data", readOnly: true, content: "left-alone" })],
    ["/b", volume("/b")],
  ])("%s", (text, mount) => {
    expect(parseVolumeFlag(text, here)).toEqual(mount);
  });

  test.each([
    ["na me:/b", "cannot be the name of a volume"],
    ["/a:/b:nocopy", "for volumes"],
    ["/missing:/b", "does not exist"],
    ["/a:b", "not absolute"],
    ["/a:/", "whole root"],
    ["/a:/b/..", "whole root"],
    ["/a:/b:sometimes", '"sometimes" is not an option'],
    [":/b", "must not be empty"],
  ])("%s is refused: %s", (text, problem) => {
    expect(() => parseVolumeFlag(text, here)).toThrow(problem);
  });
});

describe("--mount", () => {
  test.each([
    ["type=bind,src=/a,dst=/b", bind("/a", "/b")],
    ["type=bind,source=./a,target=/b,readonly", bind("/work dir/a", "/b", true)],
    ["type=bind,src=/a,destination=/b,ro=true,bind-propagation=rslave", bind("/a", "/b", true, ["rslave"])],
    ['type=bind,"src=/a,b",dst=/b', bind("/a,b", "/b")],
    ["type=bind,src=/a,dst=/b,opt=noexec:ro", bind("/a", "/b", true, ["noexec"])],
    ["type=bind,src=/a,dst=/b,bind-nonrecursive", bind("/a", "/b", false, ["bind"])],
    ["./x:/b:ro", bind("/work dir/x", "/b", true)],
    ["src=v,dst=/b,volume-label=a=1,volume-label=b", volume("/b", { name: "v", labels: { a: "1", b: "" } })],
    ["type=volume,dst=/b,readonly,volume-nocopy", volume("/b", { readOnly: true, content: "left-alone" })],
    [
      "type=tmpfs,dst=/b,tmpfs-size=64M,tmpfs-mode=1777",
      { kind: "tmpfs" as const, destination: "/b", options: ["size=64m", "mode=1777"] },
    ],
  ])("%s", (text, mount) => {
    expect(parseMountFlag(text, here)).toEqual(mount);
  });

  test.each([
    ["type=bind,dst=/b", "src is missing"],
    ["type=bind,src=/a", "dst is missing"],
    ["type=volume,src=./v,dst=/b", "take type=bind"],
    ["type=volume,dst=/b,volume-driver=nfs", "volume-driver is local"],
    ["type=bind,src=/a,dst=/b,volume-nocopy", "for type=volume"],
    ["type=npipe,src=/a,dst=/b", "type is bind, volume or tmpfs"],
    ["type=bind,src=/a,dst=/b,dst=/c", "twice"],
    ["type=bind,src=/a,dst=/b,colour=red", '"colour" is not a key'],
    ["type=tmpfs,src=/a,dst=/b", "no src"],
    ["type=bind,src=/a,dst=/b,tmpfs-size=1", "for type=tmpfs"],
    ["type=bind,src=/a,dst=/b,readonly=perhaps", "true or false"],
    ['type=bind,src="/a,dst=/b', "quote"],
  ])("%s is refused: %s", (text, problem) => {
    expect(() => parseMountFlag(text, here)).toThrow(problem);
  });
});

test("--tmpfs takes the options of a tmpfs, and no others", () => {
  expect(parseTmpfsFlag("/run:size=64m,mode=1777,noexec")).toEqual({
    kind: "tmpfs",
    destination: "/run",
    options: ["size=64m", "mode=1777", "noexec"],
  });
  expect(() => parseTmpfsFlag("/run:lowerdir=/")).toThrow("not an option of a tmpfs");
  expect(() => parseTmpfsFlag("run")).toThrow("not absolute");
});

test("--volumes-from names a container, and may want its mounts read-only", () => {
  expect(parseVolumesFrom("web")).toEqual({ container: "web", readOnly: false });
  expect(parseVolumesFrom("web:ro,z")).toEqual({ container: "web", readOnly: true });
  expect(() => parseVolumesFrom("web:maybe")).toThrow("--volumes-from");
  expect(() => parseVolumesFrom(":ro")).toThrow("--volumes-from");
});
