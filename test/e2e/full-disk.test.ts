import { afterAll, beforeAll, beforeEach, describe, expect, test } from "bun:test";
import { CntnrShell } from "../fixtures/cntnr-shell.ts";
import { SmallDisk } from "../fixtures/full-disk.ts";
import { layeredImage } from "../fixtures/images.ts";
import { waitFor } from "../fixtures/wait-for.ts";

let alice: CntnrShell;
let disk: SmallDisk;
let env: Readonly<Record<string, string>>;
beforeAll(async () => {
  alice = await CntnrShell.start();
  disk = await SmallDisk.mount(alice.host, alice.host.users.alice, "small", 24);
  const other = await alice.registry.push(await layeredImage(), "layered:1");
  env = { XDG_DATA_HOME: disk.path, OTHER: other };
});
beforeEach(async () => {
  await ok('ids=$(cntnr ps -aq); [ -z "$ids" ] || cntnr rm -f $ids');
  await ok("cntnr image pull -q $IMAGE");
});
afterAll(() => alice[Symbol.asyncDispose]());

const ok = (line: string) => alice.ok(line, { env });
const run = (line: string) => alice.run(line, { env });
const files = () =>
  ok("cd $XDG_DATA_HOME/cntnr && ls -A -I names.lock containers containers/names tmp volumes");
const isUp = async (name: string) => (await ok("cntnr ps --format '{{.Names}}'")).split("\n").includes(name);
const runTicking = async () => {
  await ok(
    "cntnr run -d --name on $IMAGE sh -c 'trap \"exit 7\" TERM; while :; do echo tick; sleep 0.05; done'",
  );
  await waitFor(async () => (await ok("cntnr logs on")).includes("tick"), { what: "what it prints" });
};

describe("on a full disk", () => {
  test.each([
    "cntnr run --rm $IMAGE true",
    "cntnr run -d $IMAGE true",
    "cntnr create $IMAGE true",
    "cntnr start off",
    "cntnr rename off other",
    "cntnr pause on",
    "cntnr commit off committed",
    "cntnr image pull -q $OTHER",
    "cntnr image tag $IMAGE other:1",
    "printf 'FROM %s\\nRUN echo x >/word\\n' $IMAGE | cntnr build -q -t built -",
    "cntnr volume create data",
    "cntnr bundle create -b bundle $IMAGE true; code=$?; cntnr bundle gc; exit $code",
    "head -c 1000000 /dev/zero >/tmp/cntnr-test-$USER; cntnr cp /tmp/cntnr-test-$USER on:/tmp/copied",
  ])("`%s` says so in a line, and leaves nothing", async (line) => {
    await runTicking();
    await ok("cntnr create --name off $IMAGE true");
    const before = await files();
    using _full = disk.fill();
    const { exitCode, stderr } = await run(line);
    expect(exitCode).not.toBe(0);
    expect(stderr).toMatch(/^cntnr: .*(?:the disk or the quota is full|no space left on device).*\n$/i);
    expect(await files()).toBe(before);
  });

  test("what is there can be seen, entered and ended, with its exit code, and removed", async () => {
    await runTicking();
    await ok("cntnr run -d --rm --name passing $IMAGE sleep 1000; cntnr create --name off $IMAGE true");
    using _full = disk.fill();
    expect((await ok("cntnr ps -a --format '{{.Names}}' | sort")).split("\n")).toEqual([
      "off",
      "on",
      "passing",
    ]);
    expect(await ok("cntnr exec on echo inside")).toBe("inside");
    // Of the last line there may have been room for a part.
    expect(await ok("cntnr logs --tail 2 on")).toStartWith("tick\n");
    await ok("cntnr stop on");
    expect(await ok("cntnr inspect -f '{{.State.Status}} {{.State.ExitCode}}' on; cntnr wait on")).toBe(
      "exited 7\n7",
    );
    expect(
      await ok("cntnr rm off; cntnr rm -f passing; cntnr container prune -f | wc -l; cntnr ps -aq"),
    ).toBe("off\npassing\n4");
  });

  test("images can be removed, which makes room", async () => {
    await ok("cntnr image pull -q $OTHER");
    {
      using _full = disk.fill();
      expect(await ok("cntnr image rm $OTHER")).toContain("Deleted: sha256:");
      expect((await run("cntnr run --rm $IMAGE echo works")).stdout).toBe("works\n");
    }
    await ok("cntnr image pull -q $OTHER && cntnr image tag $OTHER second:1");
    using _full = disk.fill();
    expect(await ok("cntnr system prune -af")).toContain("Total reclaimed space");
    expect(await ok("cntnr image ls -q; ls $XDG_DATA_HOME/cntnr/layers")).toBe("");
  });

  test("a container goes on, and is logged again when there is room", async () => {
    await runTicking();
    const full = disk.fill();
    const lines = async () => Number(await ok("cntnr logs on | wc -l"));
    const whenFull = await waitFor(
      async () => {
        const before = await lines();
        await ok("cntnr exec on sleep 0.3");
        return (await lines()) === before && before;
      },
      { what: "a log without room" },
    );
    expect(await isUp("on")).toBe(true);
    full[Symbol.dispose]();
    await waitFor(async () => (await lines()) > whenFull, { what: "new lines in the log" });
  });
});
