import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newContainerId } from "../../../../runtime/container/container-id.ts";
import { type ContainerRecord, containerPaths } from "../../../../runtime/container/container-record.ts";
import {
  findContainer,
  listContainers,
  registerContainer,
  unregisterContainer,
} from "../../../../runtime/container/container-store.ts";
import { currentBootId, ownIdentity } from "../../../../runtime/container/process-identity.ts";
import { settle } from "../../../../runtime/container/settle.ts";
import { sweep } from "../../../../runtime/container/sweep.ts";
import { type Directories, openDirectories } from "../../../../runtime/store/directories.ts";

let root: string;
let directories: Directories;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "cntnr-containers-"));
  directories = openDirectories({ storeDir: join(root, "data"), stateDir: join(root, "run") }, {});
});
afterEach(() => rmSync(root, { recursive: true }));

const recordOf = (name: string, changes: Partial<ContainerRecord> = {}): ContainerRecord => ({
  version: 1,
  id: newContainerId(),
  name,
  image: "image",
  imageId: "sha256:0",
  command: ["true"],
  createdAt: new Date().toISOString(),
  bootId: currentBootId(),
  creator: ownIdentity(),
  detached: false,
  autoRemove: false,
  tty: false,
  stdin: false,
  stopSignal: "SIGTERM",
  labels: {},
  network: { kind: "host" },
  layers: ["/l/abc"],
  ...changes,
});
const register = (name: string, changes: Partial<ContainerRecord> = {}) =>
  registerContainer(directories, name, (given) => recordOf(given, changes));
const goneCreator = { pid: process.pid, startTime: 1 };

describe("names", () => {
  test("a container is found by name, id, and the start of its id", async () => {
    const record = await register("web");
    for (const text of ["web", record.id, record.id.slice(0, 12)])
      expect(findContainer(directories, text)).toEqual(record);
    expect(() => findContainer(directories, "nope")).toThrow("there is no container nope");
    expect(() => findContainer(directories, "../web")).toThrow("there is no container");
  });

  test("a taken name is refused, and nothing is left of who wanted it", async () => {
    await register("web");
    expect(register("web")).rejects.toThrow("the name web is taken");
    expect(listContainers(directories).records).toHaveLength(1);
  });

  test("of many who want one name at once one gets it", async () => {
    const results = await Promise.allSettled(Array.from({ length: 20 }, () => register("web")));
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(listContainers(directories).records).toHaveLength(1);
  });

  test("the name of a container whose maker was killed before the record was there is free", async () => {
    mkdirSync(join(directories.containers, "names"), { recursive: true });
    symlinkSync(newContainerId(), join(directories.containers, "names/web"));
    expect((await register("web")).name).toBe("web");
  });

  test("a removed container gives its name back", async () => {
    const record = await register("web");
    mkdirSync(join(containerPaths(directories, record.id).directory, "work/work"), {
      recursive: true,
      mode: 0,
    });
    await unregisterContainer(directories, record.id, record.name);
    expect(readdirSync(directories.containers)).toEqual(["names"]);
    expect(readdirSync(join(directories.containers, "names"))).toEqual([]);
  });
});

describe("after a crash or a reboot", () => {
  test("a damaged record is reported and hides no other container", async () => {
    await register("good");
    const bad = await register("bad");
    writeFileSync(containerPaths(directories, bad.id).record, "{");
    const { containers, damaged } = await sweep(directories);
    expect(containers.map(({ record }) => record.name)).toEqual(["good"]);
    expect(damaged.map(({ message }) => message).join()).toContain(bad.id);
  });

  test("a container of another boot is dead, whoever has its numbers now", async () => {
    const record = await register("old", { bootId: "another", creator: ownIdentity() });
    const { runcState } = containerPaths(directories, record.id);
    expect(await settle(directories, record)).toMatchObject({ kind: "dead" });
    expect(existsSync(runcState)).toBe(false);
  });

  test("a pid whose start time differs is another process", async () => {
    const record = await register("gone", { creator: goneCreator });
    expect(await settle(directories, record)).toMatchObject({ kind: "dead" });
    const mine = await register("mine");
    expect(await settle(directories, mine)).toMatchObject({ kind: "creating" });
  });

  test("a container that removes itself is removed by whoever looks next", async () => {
    await register("gone", { creator: goneCreator, autoRemove: true });
    expect((await sweep(directories)).containers).toEqual([]);
    expect(readdirSync(join(directories.containers, "names"))).toEqual([]);
  });

  test("lock files of nobody's are swept", async () => {
    writeFileSync(join(directories.containers, `${newContainerId()}.lock`), "");
    await sweep(directories);
    expect(readdirSync(directories.containers).filter((name) => name.endsWith(".lock"))).toEqual([]);
  });
});
