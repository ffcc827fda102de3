import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import {
  appendFileSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { CntnrShell } from "../fixtures/cntnr-shell.ts";
import { waitFor } from "../fixtures/wait-for.ts";

let alice: CntnrShell;
beforeAll(async () => {
  alice = await CntnrShell.start();
});
afterEach(() => alice.clear());
afterAll(() => alice[Symbol.asyncDispose]());

const yearMs = 365 * 86_400_000;
const remove = (...names: string[]) => rmSync(alice.inStore(...names), { recursive: true });
const containerFile = async (name: string, file: string) =>
  join("containers", (await alice.container(name)).id, file);

describe("where files of the store were removed", () => {
  test("names are given back to their containers", async () => {
    await alice.ok("cntnr run -d --name on $IMAGE sleep 1000; cntnr create --name off $IMAGE true");
    remove("containers/names");
    await alice.ok("cntnr ps");
    expect(await alice.ok("cntnr stop -t 0 on; cntnr rm off")).toBe("on\noff");
    expect((await alice.run("cntnr run --name on $IMAGE true")).stderr).toContain("the name on is taken");
  });

  test("what a container runs with is missed in words, and the container can be removed", async () => {
    await alice.ok("cntnr run -d --name on $IMAGE sleep 1000");
    remove(await containerFile("on", "config.json"));
    const { stderr } = await alice.run("cntnr exec on true");
    expect(stderr).toMatch(
      /^cntnr: \S+config\.json is missing or damaged: what container on runs with is not known/,
    );
    expect(await alice.ok("cntnr rm -f on; cntnr ps -aq")).toBe("on");
  });

  test.each([[["layers"]], [["l"]], [["layers", "l", "tmp", "build", "volumes", "bundles", "containers"]]])(
    "%j: images are made ready again from their blobs",
    async (names) => {
      for (const name of names) remove(name);
      expect(await alice.ok("cntnr run --rm -v data:/data $IMAGE echo works")).toBe("works");
      await alice.ok("cntnr volume rm data");
    },
  );

  test.each([[["images/blobs"]], [["images/index.json"]], [["images", "layers"]]])(
    "%j: a pull brings it back",
    async (names) => {
      for (const name of names) remove(name);
      await alice.ok("cntnr image pull -q $IMAGE");
      expect(await alice.ok("cntnr run --rm $IMAGE echo works; cntnr image verify")).toContain(
        "all as they should be",
      );
    },
  );

  test("state that dies with the boot: its containers are dead, and can be removed", async () => {
    await alice.ok("cntnr run -d --name on $IMAGE sh -c 'while :; do sleep 0.1; done'");
    const pid = await alice.pidOf("on");
    rmSync(alice.host.path(`/run/user/${alice.host.users.alice.uid}/cntnr`), { recursive: true });
    expect((await alice.run("cntnr exec on true")).exitCode).not.toBe(0);
    expect(await alice.ok("cntnr run --rm $IMAGE echo works")).toBe("works");
    process.kill(pid, "SIGKILL");
    expect(await alice.ok("cntnr rm -f on; cntnr ps -aq")).toBe("on");
  });
});

describe("where nothing can be written", () => {
  const mountHome = (mode: "ro" | "rw") =>
    alice.host.asRoot(["mount", "-o", `remount,bind,${mode}`, alice.host.users.alice.home]);

  test("what is there can be seen, and the rest is refused in a line", async () => {
    await alice.ok("cntnr create --name off $IMAGE true");
    // Whoever cleans up after a container of a test before may still have a file open to write.
    await waitFor(async () => (await mountHome("ro")).exitCode === 0, { what: "nobody to write" });
    try {
      expect(await alice.ok("cntnr ps -a --format '{{.Names}}'; cntnr image ls --format '{{.Tag}}'")).toBe(
        "off\n3.6",
      );
      for (const line of [
        "run --rm $IMAGE true",
        "start off",
        "rm off",
        "image rm -f $IMAGE",
        "image pull -q $IMAGE",
      ])
        expect((await alice.run(`cntnr ${line}`)).stderr).toMatch(
          /^cntnr: .*the file system is read-only: --store-dir names another place\n$/,
        );
      const other = "cntnr --store-dir $XDG_RUNTIME_DIR/store";
      expect(await alice.ok(`${other} run --rm $IMAGE echo works`)).toBe("works");
    } finally {
      await mountHome("rw");
    }
  });

  test.each([
    ["unset XDG_RUNTIME_DIR", /^works\n$/, /^$/],
    ["XDG_RUNTIME_DIR=", /^works\n$/, /^$/],
    ["XDG_RUNTIME_DIR=relative", /^works\n$/, /^$/],
    [
      "XDG_RUNTIME_DIR=/missing/directory",
      /^$/,
      /^cntnr: the directory \/missing\/directory\/cntnr cannot be made .*--state-dir/,
    ],
  ])("%s", async (setting, stdout, stderr) => {
    const result = await alice.run(`${setting}; cntnr run --rm $IMAGE echo works`);
    expect(result.stdout).toMatch(stdout);
    expect(result.stderr).toMatch(stderr);
  });
});

describe("when the clock was set", () => {
  /** As if everything of the store had been written so much earlier, or later, than it was. */
  const shift = (ms: number) => {
    const seconds = (Date.now() + ms) / 1000;
    for (const entry of readdirSync(alice.inStore(), { recursive: true, withFileTypes: true }))
      if (entry.isFile() && !entry.parentPath.includes("/tree"))
        utimesSync(join(entry.parentPath, entry.name), seconds, seconds);
  };
  const shiftRecord = async (name: string, ms: number) => {
    const file = alice.inStore(await containerFile(name, "container.json"));
    const record = JSON.parse(readFileSync(file, "utf8"));
    writeFileSync(file, JSON.stringify({ ...record, createdAt: new Date(Date.now() + ms).toISOString() }));
  };

  test.each([
    ["forward", -yearMs],
    ["back", yearMs],
  ])("%s by a year, nothing goes that is in use, and containers can be used as before", async (_, ms) => {
    await alice.ok("cntnr run -d --name on $IMAGE sleep 1000; cntnr run --name done $IMAGE true");
    await alice.ok("cntnr bundle create -b one $IMAGE echo of-bundle; cntnr volume create data");
    await shiftRecord("on", ms);
    shift(ms);
    await alice.ok(
      "cntnr ps -a; cntnr image gc --ttl 30d; cntnr gc; cntnr system prune -f --filter until=1h",
    );
    expect(
      await alice.ok("cntnr exec on echo in; cntnr run --rm $IMAGE echo new; cntnr bundle run one"),
    ).toBe("in\nnew\nof-bundle");
    expect(await alice.ok("cntnr volume ls -q; cntnr image ls --format '{{.Tag}}'")).toBe("data\n3.6");
    expect(await alice.ok("cntnr restart -t 0 on; cntnr ps --format '{{.State}}'")).toBe("on\nrunning");
    await alice.ok("cntnr bundle rm one; cntnr volume rm data");
  });

  test("back, events tells what happens now, and not what is dated in the time to come", async () => {
    const event = { type: "container", action: "start", id: "from-the-future", attributes: {} };
    const inAYear = (Date.now() + yearMs) / 1000;
    appendFileSync(
      alice.inStore("events.jsonl"),
      `\n${JSON.stringify({ timeMs: inAYear * 1000, ...event })}\n`,
    );
    const events = alice.spawn("cntnr events --format '{{.Action}} {{.Actor.ID}}'");
    const hasOpened = () =>
      readdirSync(`/proc/${events.pid}/fd`).some((fd) =>
        readlinkSync(`/proc/${events.pid}/fd/${fd}`).endsWith("/events.jsonl"),
      );
    await waitFor(hasOpened, { what: "the log to be opened" });
    const id = await alice.ok("cntnr create $IMAGE true");
    await events.waitForOutput(new RegExp(`create ${id}`));
    expect(events.stdout).not.toContain("from-the-future");
  });
});
