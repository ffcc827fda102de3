import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { busyboxImage, imageReference } from "../fixtures/images.ts";
import { nestedImage } from "../fixtures/nested-image.ts";
import { TestHost } from "../fixtures/test-host.ts";
import { checked, type TestUser } from "../fixtures/users.ts";

let host: TestHost;
let outerImage: string;
let alice: TestUser;
/** Has no sub-ids. */
let carol: TestUser;
/** Images as the outer container sees them. */
let images: readonly string[];
let inner: string;

beforeAll(async () => {
  host = await TestHost.start();
  ({ alice, carol } = host.users);
  const registry = await host.startRegistry();
  outerImage = await registry.push(await nestedImage(), "nested:1");
  for (const user of [alice, carol]) await ok(user, ["cntnr", "image", "pull", "-q", outerImage]);
  const small = await busyboxImage();
  images = ["-v", `${small.directory}:${small.directory}:ro`];
  inner = imageReference(small);
});
afterAll(() => host[Symbol.asyncDispose]());

async function ok(user: TestUser, argv: readonly string[]): Promise<string> {
  return checked(argv, await host.asUser(user, argv, { timeoutMs: 180_000 })).stdout.replace(/\n$/, "");
}

/** Runs a script in a container of the user's that has `cntnr` and what it needs. */
function within(user: TestUser, flags: readonly string[], script: string) {
  const program = `${join(host.directory, "bin/cntnr")}:/bin/cntnr:ro`;
  const argv = ["cntnr", "run", "--rm", ...flags, "-v", program, ...images, outerImage, "sh", "-ec", script];
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
