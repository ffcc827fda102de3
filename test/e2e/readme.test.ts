import { afterAll, beforeAll, expect, test } from "bun:test";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { busyboxImage } from "../fixtures/images.ts";
import { nestedImage } from "../fixtures/nested-image.ts";
import { type Instruction, instructionsOf, matchesOutput } from "../fixtures/readme.ts";
import { TestHost } from "../fixtures/test-host.ts";
import { checked, type TestUser } from "../fixtures/users.ts";

const root = join(import.meta.dirname, "../..");
const instructions = instructionsOf(readFileSync(join(root, "README.md"), "utf8"));

let host: TestHost;
let registry: string;
beforeAll(async () => {
  host = await TestHost.start();
  const started = await host.startRegistry();
  registry = started.address;
  await started.push(await busyboxImage(), "alpine:3.6");
  await started.push(await nestedImage(), "tools:1");
  // What the document changes on a machine, it changes here in copies that only this host sees.
  const directory = join(host.directory, "root");
  const script = `set -eu
mkdir -p ${directory}/etc-upper ${directory}/etc-work ${directory}/log
mount -t overlay -o lowerdir=/etc,upperdir=${directory}/etc-upper,workdir=${directory}/etc-work overlay /etc
mount -t tmpfs tmpfs /usr/local/bin
mount --bind ${directory}/log /var/log
sed -i /^cntnr-netd:/d /etc/passwd /etc/shadow /etc/group /etc/gshadow
groupadd developers
usermod -a -G developers cntnr-alice`;
  const argv = ["sh", "-c", script];
  checked(argv, await host.asRoot(argv));
});
afterAll(() => host[Symbol.asyncDispose]());

/** The document's people and its registry are this host's. */
function translate(text: string): string {
  return text
    .replaceAll("alpine:3.6", `${registry}/alpine:3.6`)
    .replaceAll("tools:1", `${registry}/tools:1`)
    .replace(/--user alice\b/, "--user cntnr-alice");
}

function userOf(name: string): TestUser | undefined {
  if (name === "root") return undefined;
  const user = Object.entries(host.users).find(([known]) => known === name)?.[1];
  if (!user) throw new Error(`README.md: there is no user ${name}`);
  return user;
}

async function follow(instruction: Instruction): Promise<void> {
  if (instruction.kind === "file") {
    const path = host.path(instruction.path);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, instruction.text);
    return;
  }
  const { line, input, output } = instruction;
  const user = userOf(instruction.user);
  const background = / &$/.test(line);
  if (background) {
    const service = host.spawnAsRoot(["sh", "-c", `exec ${line.replace(/ &$/, "")}`]);
    await service.waitForOutput(new RegExp(`^${output[0]}$`, "m"));
    return;
  }
  const typed = input.length === 0 ? {} : { input: input.map((text) => `${text}\n`).join("") };
  const typedLine = translate(line);
  const command = input.length === 0 ? typedLine : `script -qec ${JSON.stringify(typedLine)} /dev/null`;
  const argv = ["sh", "-c", `{ ${command}\n} 2>&1`];
  const options = { ...typed, cwd: user ? user.home : root };
  const { stdout } = user ? await host.asUser(user, argv, options) : await host.asRoot(argv, options);
  const shown = stdout.replaceAll("cntnr-alice", "alice");
  if (input.length > 0) expect(shown).toContain("/ # ");
  else if (!matchesOutput(output, shown))
    expect(`$ ${line}\n${shown}`).toBe(`$ ${line}\n${output.join("\n")}\n`);
}

test("the README's examples do what it says, in its order", async () => {
  expect(instructions.length).toBeGreaterThan(15);
  for (const instruction of instructions) await follow(instruction);
});

test("every script that the README names exists, and every link leads somewhere", () => {
  const text = readFileSync(join(root, "README.md"), "utf8");
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { scripts: object };
  const named = [...text.matchAll(/npm run ([\w:]+)/g)].map(([, name = ""]) => name);
  for (const name of named) expect(Object.keys(scripts)).toContain(name);
  for (const [, path = ""] of text.matchAll(/\]\((?!https?:)([^)]+)\)/g))
    expect(`${path} ${existsSync(join(root, path))}`).toBe(`${path} true`);
});
