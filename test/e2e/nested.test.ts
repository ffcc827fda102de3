import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { busyboxImage, imageReference, layeredImage } from "../fixtures/images.ts";
import { nestedImage } from "../fixtures/nested-image.ts";
import { TestHost } from "../fixtures/test-host.ts";
import { checked, type TestUser } from "../fixtures/users.ts";

let host: TestHost;
let outerImage: string;
let alice: TestUser;
/** Has no sub-ids. */
let carol: TestUser;
/** Flags by which the outer container has `cntnr`, images and a context for builds. */
let given: readonly string[];
/** Images as they are called in there. */
let inner: string;
let layered: string;
/** One that is pulled from a registry, over the host's network. */
let remote: string;
/** Builds the image `built` of the context, the same to the bit each time. */
let build: string;

/** Deletes, renames, replaces and makes anew; what it begins with does so, too. */
const dockerfile = `FROM LAYERED AS one
RUN rm /data/keep && mkdir /data/new && echo x >/data/new/x && rm -r /opaque && mkdir /opaque && echo only >/opaque/only
RUN chmod 700 /opaque && mv /replaced /moved && chown 1:1 /moved && touch /etc/passwd
COPY Dockerfile /data/copied
WORKDIR /w/o/r/k
RUN rm /data/copied
FROM one
COPY --from=one /data /from-one
RUN --mount=type=bind,from=one,source=/data,target=/mnt ls /mnt >/seen && mkdir -p /many/files
`;
/** What is to be seen of it. */
const look =
  "cd /; find data opaque moved replaced w from-one seen many 2>/dev/null | sort | xargs stat -c '%n %u %a'; cat seen";
const looksLike = (owner: number) => `data 0 755
data/new 0 755
data/new/x 0 644
from-one 0 755
from-one/new 0 755
from-one/new/x 0 644
many 0 755
many/files 0 755
moved ${owner} 644
opaque 0 700
opaque/only 0 644
seen 0 644
w 0 755
w/o 0 755
w/o/r 0 755
w/o/r/k 0 755
new`;

beforeAll(async () => {
  host = await TestHost.start();
  ({ alice, carol } = host.users);
  const registry = await host.startRegistry();
  outerImage = await registry.push(await nestedImage(), "nested:1");
  for (const user of [alice, carol]) await ok(user, ["cntnr", "image", "pull", "-q", outerImage]);
  const [small, many] = [await busyboxImage(), await layeredImage()];
  [inner, layered] = [imageReference(small), imageReference(many)];
  remote = await registry.push(small, "inner:1");
  const context = join(host.directory, "context");
  mkdirSync(context);
  writeFileSync(join(context, "Dockerfile"), dockerfile.replace("LAYERED", layered));
  chmodSync(join(context, "Dockerfile"), 0o644);
  const program = `${join(host.directory, "bin/cntnr")}:/bin/cntnr:ro`;
  const shown = [small.directory, many.directory, context].map((path) => `${path}:${path}:ro`);
  given = [program, ...shown].flatMap((volume) => ["-v", volume]);
  build = `SOURCE_DATE_EPOCH=100 cntnr build -q -t built ${context}`;
});
afterAll(() => host[Symbol.asyncDispose]());

async function ok(user: TestUser, argv: readonly string[]): Promise<string> {
  return checked(argv, await host.asUser(user, argv, { timeoutMs: 180_000 })).stdout.replace(/\n$/, "");
}

/** Runs a script in a container of the user's that has `cntnr` and what it needs. */
function within(user: TestUser, flags: readonly string[], script: string) {
  const argv = ["cntnr", "run", "--rm", ...flags, ...given, outerImage, "sh", "-ec", script];
  return host.asUser(user, argv, { timeoutMs: 180_000 });
}

async function withinOk(user: TestUser, flags: readonly string[], script: string): Promise<string> {
  return checked([...flags, script], await within(user, flags, script)).stdout.replace(/\n$/, "");
}

const grants: readonly (readonly [string, readonly string[]])[] = [
  ["the least", ["--cap-add", "SYS_ADMIN"]],
  ["a /proc of its own", ["--cap-add", "SYS_ADMIN", "--security-opt", "unmask=ALL"]],
  ["all capabilities", ["--cap-add=all"]],
  ["no filter", ["--cap-add", "SYS_ADMIN", "--security-opt", "seccomp=unconfined"]],
  ["everything", ["--privileged"]],
];
const users = () => [alice, carol] as const;

describe.each(grants)("a container in a container that has %s", (_, flags) => {
  test("runs, with sub-ids and without", async () => {
    for (const user of users())
      expect(await withinOk(user, flags, `cntnr run --rm ${inner} echo hello from inside`)).toBe(
        "hello from inside",
      );
  });
});

describe("in a container", () => {
  const [[, least] = ["", []]] = grants;

  test.each([
    ["the least", least],
    ["everything", ["--privileged"]],
  ])("that has %s, images are built and run, with sub-ids and without", async (_, flags) => {
    for (const user of users()) {
      const script = `${build} >/dev/null; cntnr run --rm built sh -c "${look}"`;
      expect(await withinOk(user, flags, script)).toBe(looksLike(user === alice ? 1 : 0));
    }
  });

  test("images come from a registry, and detached containers can be entered, copied from and ended", async () => {
    const script = `cntnr run --tls-verify=false -d --name box ${remote} sleep 1000 >/dev/null
      cntnr exec box sh -c 'echo written >/file; cat /file'
      cntnr cp box:/file - | tar xO
      cntnr ps --format '{{.Names}} {{.State}}'
      cntnr rm -f box; cntnr ps -a -q`;
    for (const user of users())
      expect(await withinOk(user, least, script)).toBe("written\nwritten\nbox running\nbox");
  });

  test("bundles are made, and run by cntnr and by plain runc", async () => {
    const script = `cntnr bundle create -b box ${layered} ls /data /opaque >/dev/null; cntnr bundle run box
      cntnr bundle create --rootfs-copy --network host -b /plain ${layered} ls /data /opaque >/dev/null
      runc run --no-new-keyring -b /plain plain`;
    const listed = "/data:\nkeep\n\n/opaque:\nnew";
    for (const user of users()) expect(await withinOk(user, least, script)).toBe(`${listed}\n${listed}`);
  });

  test("users who are not root have their sub-ids where set-user-id programs may be", async () => {
    const script = `mkdir /tmp/home; export HOME=/tmp/home
      cntnr run --rm ${inner} cat /proc/self/uid_map | wc -l; ${build} >/dev/null; cntnr run --rm built sh -c "${look}"`;
    const asUser = ["-u", "user", ...least];
    expect(await withinOk(alice, asUser, script)).toBe(`1\n${looksLike(0)}`);
    const withSetUid = [...asUser, "--security-opt", "no-new-privileges=false"];
    expect(await withinOk(alice, withSetUid, script)).toBe(`2\n${looksLike(1)}`);
    const told = await within(
      alice,
      asUser,
      `mkdir /tmp/h; HOME=/tmp/h cntnr --verbose run --rm ${inner} true`,
    );
    expect(told.stderr).toContain("sub-ids are not used: newuidmap gains no rights under no-new-privileges");
  });

  test("users who are not root need nothing but an open filter", async () => {
    const script = `mkdir /tmp/home; HOME=/tmp/home cntnr run --rm ${inner} id -u`;
    const open = ["-u", "user", "--security-opt", "seccomp=unconfined"];
    expect(await withinOk(alice, open, script)).toBe("0");
    // newuidmap may be set-user-id then, and still lacks a capability.
    const withSetUid = [...open, "--security-opt", "no-new-privileges=false"];
    const { stdout, stderr } = await within(alice, withSetUid, script.replace("run", "--verbose run"));
    expect(stdout).toBe("0\n");
    expect(stderr).toContain("newuidmap, a set-user-id program, needs CAP_SYS_ADMIN");
  });

  test("nothing is copied when the store is on a volume", async () => {
    const script = `cntnr --verbose run --rm ${layered} ls /data; ${build}`;
    const { stdout, stderr } = await within(
      alice,
      [...least, "-v", "store:/root/.local/share/cntnr"],
      script,
    );
    expect(stdout).toMatch(/^keep\nsha256:/);
    expect(stderr).not.toContain("copied");
  });

  test("there are more containers in containers, as deep as each has a /proc of its own", async () => {
    const mine = ["-v", "/bin/cntnr:/bin/cntnr:ro", ...given.slice(2)];
    const again = ["cntnr run --rm --tls-verify=false", ...least, ...mine, outerImage, "sh -ec"].join(" ");
    const open = ["--cap-add", "SYS_ADMIN", "--security-opt", "unmask=ALL"];
    const script = `${again} 'cntnr run --rm ${inner} echo third'`;
    expect(await withinOk(alice, open, script)).toBe("third");
    const { exitCode, stderr } = await within(alice, least, script);
    expect(exitCode).toBe(125);
    expect(stderr).toContain("/proc is that of a container around the one that this is in");
  });
});

describe("a store on an overlay", () => {
  test("knows what containers have changed of their copies", async () => {
    const script = `cntnr run --name box ${layered} sh -c 'rm /data/keep; echo x >/data/x; mkdir /new; echo y >/new/y'
      cntnr diff box
      cntnr commit box made >/dev/null; cntnr run --rm made sh -c 'ls /data /new; cat /new/y'
      cntnr image inspect --format '{{len .RootFS.Layers}}' made
      cntnr rm box`;
    for (const user of users())
      expect(await withinOk(user, ["--cap-add", "SYS_ADMIN"], script)).toBe(
        "C /data\nD /data/keep\nA /data/x\nA /new\nA /new/y\n/data:\nx\n\n/new:\ny\ny\n4\nbox",
      );
  });

  test("has the same images to the bit, whether their steps were overlays or copies", async () => {
    const root = join(host.directory, "overlay");
    const mount = `mkdir -p ${root}/l ${root}/u ${root}/w ${root}/m && chmod 777 ${root}/u &&
      mount -t overlay -o userxattr,lowerdir=${root}/l,upperdir=${root}/u,workdir=${root}/w overlay ${root}/m`;
    checked([mount], await host.asRoot(["sh", "-c", mount]));
    const file = join(host.directory, "plain-dockerfile");
    writeFileSync(file, dockerfile.replace("LAYERED", layered));
    for (const user of users()) {
      const store = join(root, "m", user.name);
      const make = `SOURCE_DATE_EPOCH=100 cntnr --store-dir "$0" build -q -t built -f ${file} ${host.directory}/context`;
      const [plain, copied] = [join(user.home, "plain"), store];
      const ids = [plain, copied].map((path) => ok(user, ["sh", "-c", make, path]));
      expect(await ids[1]).toBe(await ids[0]);
      const squash = [plain, copied].map((path) => ok(user, ["sh", "-c", `${make} --squash`, path]));
      expect(await squash[1]).toBe(await squash[0]);
    }
  });
});

test("a filter that lets everything through but pivot_root, keyrings and names is found out", async () => {
  const path = join(host.directory, "no-pivot.json");
  const refused = { names: ["pivot_root", "keyctl", "sethostname"], action: "SCMP_ACT_ERRNO", errnoRet: 1 };
  writeFileSync(path, JSON.stringify({ defaultAction: "SCMP_ACT_ALLOW", syscalls: [refused] }));
  const flags = ["--cap-add", "SYS_ADMIN", "--security-opt", `seccomp=${path}`];
  const script = `cntnr --verbose run --rm ${layered} ls /data; ${build}`;
  for (const user of users()) {
    const { stdout, stderr } = checked([script], await within(user, flags, script));
    expect(stdout).toMatch(/^keep\nsha256:/);
    expect(stderr).toContain("the host name is that of the container that this is in");
    const named = await within(user, flags, `cntnr run --rm --hostname box ${inner} true`);
    expect([named.exitCode, named.stderr]).toEqual([125, expect.stringContaining("--hostname and")]);
    for (const flag of ["--no-pivot", "--no-new-keyring"])
      expect(stderr).toContain(`${flag} is set: a seccomp filter`);
  }
});

describe("what the least lacks", () => {
  const [[, least] = ["", []]] = grants;

  test("is found out, and told with --verbose", async () => {
    const script = `cntnr --verbose run --rm --network none ${inner} sh -c 'echo $$; ls /proc/self/status'`;
    const { stdout, stderr } = checked([script], await within(alice, least, script));
    expect(stdout).toBe("1\n/proc/self/status\n");
    expect(stderr).toContain("/proc is that of the container that this is in");
    expect(stderr).toContain("/sys is that of the container that this is in");
    expect(stderr).toContain("--no-new-keyring is set");
    expect(stderr).toContain("the root file system was copied");
    expect((await within(alice, least, script.replace(" --verbose", ""))).stderr).toBe("");
  });

  test("is refused where somebody asks for it", async () => {
    const script = `cntnr run --rm --network none --sysctl net.ipv4.ip_forward=1 ${inner} true`;
    const { exitCode, stderr } = await within(alice, least, script);
    expect(exitCode).toBe(125);
    expect(stderr).toContain("--security-opt unmask=ALL lifts it");
  });

  test("can be flags that somebody gives himself", async () => {
    const script = `cntnr run --rm --no-pivot --no-new-keyring --network=host ${inner} echo ran`;
    expect(await withinOk(alice, least, script)).toBe("ran");
  });
});

describe("where it cannot be, the error names the rule and what lifts it", () => {
  test("the seccomp filter of a container as it usually is", async () => {
    for (const user of users()) {
      const { exitCode, stderr } = await within(user, [], `cntnr run --rm ${inner} true`);
      expect(exitCode).toBe(125);
      expect(stderr).toMatch(
        /^cntnr: no user namespace can be made here: the seccomp filter .* --cap-add SYS_ADMIN/,
      );
    }
  });

  test("root without CAP_SYS_ADMIN", async () => {
    const flags = ["--security-opt", "seccomp=unconfined"];
    const { exitCode, stderr } = await within(alice, flags, `cntnr run --rm ${inner} true`);
    expect(exitCode).toBe(125);
    expect(stderr).toContain("lacks CAP_SYS_ADMIN");
    expect(stderr).toContain("--cap-add SYS_ADMIN");
  });
});
