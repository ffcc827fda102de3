import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newContainerId } from "../../../../runtime/container/container-id.ts";
import { beginLife, startedBySomebody } from "../../../../runtime/container/container-life.ts";
import { type ContainerRecord, containerPaths } from "../../../../runtime/container/container-record.ts";
import {
  findContainer,
  listContainers,
  registerContainer,
  unregisterContainer,
} from "../../../../runtime/container/container-store.ts";
import { exitCodeOf, waitForEnd } from "../../../../runtime/container/end-container.ts";
import { ownMark } from "../../../../runtime/container/process-identity.ts";
import { settle } from "../../../../runtime/container/settle.ts";
import { sweep } from "../../../../runtime/container/sweep.ts";
import { type Directories, openDirectories } from "../../../../runtime/store/directories.ts";
import { lockFile } from "../../../../runtime/sys/file-lock.ts";
import { makeRecord } from "./make-record.ts";

let root: string;
let directories: Directories;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "cntnr-containers-"));
  directories = openDirectories({ storeDir: join(root, "data"), stateDir: join(root, "run") }, {});
});
afterEach(() => rmSync(root, { recursive: true }));

const register = (name: string, changes: Partial<ContainerRecord> = {}) =>
  registerContainer(directories, name, (given) => makeRecord({ name: given, ...changes }));
const goneCreator = { pid: process.pid, startTime: 1 };

describe("names", () => {
  test("a container is found by name, id, and the start of its id", async () => {
    const record = await register("web");
    for (const text of ["web", record.id, record.id.slice(0, 12)])
      expect(findContainer(directories, text)).toEqual(record);
    expect(() => findContainer(directories, "nope")).toThrow("No such container: nope");
    expect(() => findContainer(directories, "../web")).toThrow("No such container");
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
    const record = await register("old");
    const paths = containerPaths(directories, record.id);
    beginLife(paths, "conmon", startedBySomebody);
    expect(await settle(directories, record)).toMatchObject({ kind: "starting" });
    const life = JSON.parse(readFileSync(paths.life, "utf8"));
    writeFileSync(paths.life, JSON.stringify({ ...life, bootId: "another" }));
    expect(await settle(directories, record)).toMatchObject({ kind: "dead" });
  });

  test("a life that a power failure has emptied is over", async () => {
    const record = await register("old");
    const paths = containerPaths(directories, record.id);
    beginLife(paths, "conmon", startedBySomebody);
    writeFileSync(paths.life, "");
    expect(await settle(directories, record)).toMatchObject({ kind: "dead" });
  });

  test("what was not completely made is removed by whoever looks next", async () => {
    const record = await register("gone", { creator: goneCreator });
    expect(await settle(directories, record)).toEqual({ kind: "removed" });
    const mine = await register("mine");
    expect(await settle(directories, mine)).toMatchObject({ kind: "creating" });
  });

  test("one that has gone is gone, also while its maker lives, for whom it would else be one that is only being made", async () => {
    const record = await register("brief", { autoRemove: true });
    await unregisterContainer(directories, record.id, record.name);
    expect(await settle(directories, record)).toEqual({ kind: "removed" });
  });

  test("nobody waits for the end of one that was never started, for which docker has 0", async () => {
    const record = await register("off", { madeBy: "create" });
    writeFileSync(containerPaths(directories, record.id).config, "{}");
    const state = await waitForEnd(directories, record);
    expect(state).toEqual({ kind: "created" });
    expect(state && exitCodeOf(state)).toBe(0);
  });

  test("a container that removes itself is removed by whoever looks next", async () => {
    await register("gone", { creator: goneCreator, autoRemove: true });
    expect((await sweep(directories)).containers).toEqual([]);
    expect(readdirSync(join(directories.containers, "names"))).toEqual([]);
  });

  test("what is half made or half removed is swept, unless somebody is at it", async () => {
    const kept = await register("kept");
    const [a, b, c, d] = [newContainerId(), newContainerId(), newContainerId(), newContainerId()];
    const [alive, dead] = [ownMark(), `${process.pid}-1`];
    for (const name of [`${a}.${dead}.new`, `${b}.${alive}.new`, `${c}.gone/upper`, `${d}/upper`])
      mkdirSync(join(directories.containers, name), { recursive: true });
    await sweep(directories);
    expect(readdirSync(directories.containers).sort()).toEqual(
      [`${b}.${alive}.new`, kept.id, "names"].sort(),
    );
  });

  test("whoever waits for the end of a container that removes itself waits for the end of its files", async () => {
    const record = await register("passing");
    const { directory } = containerPaths(directories, record.id);
    const remover = await lockFile(`${directory}.lock`, "exclusive");
    renameSync(directory, `${directory}.gone`);
    let isOver = false;
    const end = waitForEnd(directories, record).then((state) => {
      isOver = true;
      return state;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(isOver).toBe(false);
    remover[Symbol.dispose]();
    expect(await end).toEqual({ kind: "removed" });
    expect(readdirSync(directories.containers)).toEqual(["names"]);
  });

  test("names that belong to nobody are swept", async () => {
    const kept = await register("kept");
    for (const [name, id] of [
      ["stale", newContainerId()],
      ["other", kept.id],
    ] as const)
      symlinkSync(id, join(directories.containers, "names", name));
    await sweep(directories);
    expect(readdirSync(join(directories.containers, "names")).sort()).toEqual(["kept"]);
    expect(() => findContainer(directories, "other")).toThrow("No such container: other");
  });

  test("what netd answered is forgotten with the container", async () => {
    const kept = await register("kept");
    mkdirSync(join(directories.runcRoot, kept.id), { recursive: true });
    for (const id of [kept.id, newContainerId(), `${newContainerId()}.json.0a1b2c.new`])
      writeFileSync(join(directories.attachments, id.endsWith(".new") ? id : `${id}.json`), "[]");
    await sweep(directories);
    expect(readdirSync(directories.attachments)).toEqual([`${kept.id}.json`]);
  });

  test("lock files of nobody's are swept", async () => {
    writeFileSync(join(directories.containers, `${newContainerId()}.lock`), "");
    await sweep(directories);
    expect(readdirSync(directories.containers).filter((name) => name.endsWith(".lock"))).toEqual([]);
  });
});
