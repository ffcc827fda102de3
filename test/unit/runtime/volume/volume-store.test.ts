import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ownMark } from "../../../../runtime/container/process-identity.ts";
import { type Directories, openDirectories } from "../../../../runtime/store/directories.ts";
import { mapIds } from "../../../../runtime/userns/load-id-mappings.ts";
import { makeVolumes } from "../../../../runtime/volume/mount-volumes.ts";
import { populateVolume } from "../../../../runtime/volume/populate-volume.ts";
import {
  pruneVolumes,
  removeAnonymousVolumes,
  removeVolume,
} from "../../../../runtime/volume/remove-volumes.ts";
import {
  createVolume,
  findVolume,
  listVolumes,
  readVolume,
  volumePaths,
} from "../../../../runtime/volume/volume-store.ts";

let scratch: string;
let directories: Directories;
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), "cntnr-volumes-"));
  directories = openDirectories({ storeDir: join(scratch, "data"), stateDir: join(scratch, "run") }, {});
});
afterEach(() => rmSync(scratch, { recursive: true, force: true }));

const mappings = {
  uids: mapIds(process.getuid?.() ?? 0, []),
  gids: mapIds(process.getgid?.() ?? 0, []),
  subordinate: false,
};
const unused = { mappings, usedVolumes: () => new Map<string, string>() };
const used = (...names: string[]) => ({
  mappings,
  usedVolumes: () => new Map(names.map((name) => [name, "container web"])),
});
const names = () => listVolumes(directories).volumes.map(({ name }) => name);

describe("a volume", () => {
  test("is made once, with its labels, and is found by its name", () => {
    const made = createVolume(directories, { name: "data", anonymous: false, labels: { a: "1" } });
    expect(createVolume(directories, { name: "data", anonymous: true })).toEqual(made);
    expect(findVolume(directories, "data")).toEqual(made);
    expect(readdirSync(volumePaths(directories, "data").data)).toEqual([]);
    expect(() => findVolume(directories, "other")).toThrow("there is no volume other");
  });

  test("is not one of the same name with other options", () => {
    createVolume(directories, { name: "data", anonymous: false, options: { type: "tmpfs" } });
    expect(() =>
      createVolume(directories, { name: "data", anonymous: false, options: { type: "none" } }),
    ).toThrow("with other options");
  });

  test.each(["", "../x", ".x", "a/b", "-x", "x".repeat(256)])("is not named %j", (name) => {
    expect(() => createVolume(directories, { name, anonymous: false })).toThrow("cannot be the name");
  });

  test("that is damaged is named, and does not hide the others", () => {
    createVolume(directories, { name: "good", anonymous: false });
    createVolume(directories, { name: "bad", anonymous: false });
    writeFileSync(volumePaths(directories, "bad").record, "{");
    const { volumes, damaged } = listVolumes(directories);
    expect(volumes.map(({ name }) => name)).toEqual(["good"]);
    expect(damaged[0]?.message).toContain("bad/volume.json is damaged");
  });
});

describe("removing", () => {
  test("takes what no container uses, and nothing else", async () => {
    createVolume(directories, { name: "data", anonymous: false });
    await expect(removeVolume(directories, "data", used("data"))).rejects.toThrow("in use by container web");
    await removeVolume(directories, "data", unused);
    expect(readdirSync(directories.volumes)).toEqual([]);
    await expect(removeVolume(directories, "data", unused)).rejects.toThrow("no volume data");
  });

  test("of a container's volumes takes the anonymous ones that others do not use", async () => {
    for (const [name, anonymous] of [
      ["named", false],
      ["shared", true],
      ["own", true],
    ] as const)
      createVolume(directories, { name, anonymous });
    await removeAnonymousVolumes(directories, ["named", "shared", "own", "gone"], used("shared"));
    expect(names()).toEqual(["named", "shared"]);
  });

  test("of all takes what is wanted, and what killed processes have left", async () => {
    for (const name of ["a", "b", "c"]) createVolume(directories, { name, anonymous: name !== "c" });
    const [left, beingMade] = [`.0123456789abcdef.${process.pid}-1`, `.0123456789abcdef.${ownMark()}`];
    for (const name of [left, beingMade])
      mkdirSync(join(directories.volumes, name, "data"), { recursive: true });
    expect(await pruneVolumes(directories, ({ anonymous }) => anonymous, used("a"))).toEqual([
      { name: "b", bytes: 0 },
    ]);
    expect(names()).toEqual(["a", "c"]);
    expect(readdirSync(directories.volumes).sort()).toEqual([beingMade, "a", "c"]);
  });
});

describe("for a container", () => {
  test("volumes are made by name, without one, and for the image where nothing else is mounted", () => {
    const volume = { kind: "volume", readOnly: false, options: [], content: "copied" } as const;
    const tmpfs = { kind: "tmpfs", destination: "/tmp", options: [] } as const;
    const mounts = makeVolumes(
      directories,
      [{ ...volume, name: "data", destination: "/data" }, { ...volume, destination: "/cache" }, tmpfs],
      ["/data", "tmp/", "/var/lib/db/", "/proc", "/a/../sys/fs", "dev/shm", "/.."],
    );
    expect(mounts.map(({ destination }) => destination)).toEqual(["/data", "/cache", "/tmp", "/var/lib/db"]);
    expect(names()).toHaveLength(3);
    expect(readVolume(directories, "data")?.anonymous).toBe(false);
    const anonymous = mounts.flatMap((mount) =>
      mount.kind === "volume" && mount.name !== "data" ? [mount.name] : [],
    );
    expect(anonymous.every((name) => readVolume(directories, name)?.anonymous)).toBe(true);
  });

  test("a volume with something in it is left as it is, and an empty directory of the image changes its mode alone", async () => {
    const layer = join(scratch, "layer");
    mkdirSync(join(layer, "spool"), { recursive: true, mode: 0o700 });
    mkdirSync(join(layer, "full"));
    writeFileSync(join(layer, "full/file"), "of the image");
    createVolume(directories, { name: "a", anonymous: false });
    const paths = volumePaths(directories, "a");
    await populateVolume(paths, { layers: [layer], path: "/spool", mappings });
    writeFileSync(join(paths.data, "own"), "");
    await populateVolume(paths, { layers: [layer], path: "/full", mappings });
    expect(readdirSync(paths.data)).toEqual(["own"]);
    await populateVolume(paths, { layers: [layer], path: "/missing", mappings });
  });
});
