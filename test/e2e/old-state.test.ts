import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { CntnrShell } from "../fixtures/cntnr-shell.ts";

let alice: CntnrShell;
beforeAll(async () => {
  alice = await CntnrShell.start();
});
afterEach(() => alice.clear());
afterAll(() => alice[Symbol.asyncDispose]());

const refusal = async (line: string) => {
  const { exitCode, stderr } = await alice.run(line);
  expect(exitCode).not.toBe(0);
  return stderr;
};
/** Something of everything that is kept, and how it is asked for. */
const makeState = () =>
  alice.ok(
    "cntnr run --name once -v data:/data $IMAGE sh -c 'echo kept >/data/file; echo mine >/own' && cntnr bundle create -b one $IMAGE echo of-bundle >/dev/null && cntnr run -d --name on $IMAGE sleep 1000 >/dev/null",
  );
const clearState = () => alice.ok("cntnr rm -f once on; cntnr bundle rm one; cntnr volume rm data");

/** Before there was a stamp, half-made things had no mark of their maker. */
async function makeUnstamped(): Promise<void> {
  rmSync(alice.inStore("format"));
  for (const name of [`containers/${"a".repeat(64)}.new`, "volumes/.0123456789abcdef/data"])
    mkdirSync(alice.inStore(name), { recursive: true });
  mkdirSync(alice.inStore(`containers/${"b".repeat(64)}/upper`), { recursive: true });
  const { uid, gid } = alice.host.users.alice;
  await alice.host.asRoot([
    "chown",
    "-R",
    "--no-dereference",
    `${uid}:${gid}`,
    ...["aaaa", "bbbb"].map((start) =>
      alice.inStore("containers", start.repeat(16).concat(start === "aaaa" ? ".new" : "")),
    ),
    alice.inStore("volumes/.0123456789abcdef"),
  ]);
}

/** Changes a record as a newer program would write it; returns how to put it back. */
function makeNewer(file: string): () => void {
  const text = readFileSync(file, "utf8");
  writeFileSync(file, JSON.stringify({ ...JSON.parse(text), version: 2, news: true }));
  return () => writeFileSync(file, text);
}

test("a store without a stamp is taken as it is, stamped, and cleared of what was half made", async () => {
  await makeState();
  await makeUnstamped();
  expect(await alice.ok("cntnr ps -a --format '{{.Names}} {{.State}}' | sort")).toBe(
    "on running\nonce exited",
  );
  expect(readFileSync(alice.inStore("format"), "utf8")).toBe("1\n");
  for (const name of ["a".repeat(64).concat(".new"), "b".repeat(64)])
    expect(existsSync(alice.inStore("containers", name))).toBe(false);
  expect(
    await alice.ok("cntnr exec on echo in; cntnr bundle run one; cntnr start -a once; cntnr stop -t 0 on"),
  ).toBe("in\nof-bundle\non");
  expect(await alice.ok("cntnr run --rm -v data:/data --volumes-from once $IMAGE cat /data/file")).toBe(
    "kept",
  );
  await alice.ok("cntnr volume prune -f");
  expect(existsSync(alice.inStore("volumes/.0123456789abcdef"))).toBe(false);
  await clearState();
});

test("a store of a newer program is refused by every command, and not touched", async () => {
  await makeState();
  writeFileSync(alice.inStore("format"), "2\n");
  for (const line of ["ps", "run --rm $IMAGE true", "rm -f on", "system prune -af", "image ls"])
    expect(await refusal(`cntnr ${line}`)).toBe(
      "cntnr: /home/cntnr-alice/.local/share/cntnr was written by a newer cntnr (format 2; this one knows 1): use that one, or another store (--store-dir)\n",
    );
  expect(await alice.ok("cntnr --store-dir $HOME/another ps -q")).toBe("");
  writeFileSync(alice.inStore("format"), "1\n");
  expect(await alice.ok("cntnr exec on echo in")).toBe("in");
  await clearState();
});

describe("a record of a newer program", () => {
  test("of a container is refused and hides no other; nothing of it is removed", async () => {
    await makeState();
    const { id } = await alice.container("once");
    const putBack = makeNewer(alice.inStore("containers", id, "container.json"));
    const listed = await alice.run("cntnr ps -a --format '{{.Names}}'");
    expect(listed.stdout).toBe("on\n");
    for (const text of [
      listed.stderr,
      await refusal(`cntnr start ${id}`),
      await refusal(`cntnr rm -f ${id}`),
    ])
      expect(text).toContain("container.json was written by a newer cntnr (version 2; this one knows 1)");
    expect(await refusal("cntnr run --name once $IMAGE true")).toContain("taken by container");
    expect(await refusal("cntnr image prune -af")).toContain("newer cntnr");
    putBack();
    expect(await alice.ok("cntnr start -a once && cntnr diff once")).toContain("A /own");
    await clearState();
  });

  test.each([
    ["bundles/one.json", "cntnr bundle run one", "cntnr bundle rm -f one"],
    ["volumes/data/volume.json", "cntnr run --rm -v data:/d $IMAGE true", "cntnr volume rm data"],
  ])("%s is refused, and not removed", async (file, use, remove) => {
    await makeState();
    const putBack = makeNewer(alice.inStore(file));
    await alice.ok("cntnr rm -f once");
    for (const line of [use, remove]) expect(await refusal(line)).toContain("written by a newer cntnr");
    expect(existsSync(alice.inStore(file))).toBe(true);
    putBack();
    await alice.ok(`${remove}; cntnr rm -f on`);
    await alice.run("cntnr bundle rm one; cntnr volume rm data");
  });
});
