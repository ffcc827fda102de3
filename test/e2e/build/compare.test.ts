import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { preparePodman } from "../../bench/podman.ts";
import { type FlatFile, type FlatImage, flattenDirectory } from "../../fixtures/flatten-image.ts";
import { busyboxImage } from "../../fixtures/images.ts";
import { TestHost } from "../../fixtures/test-host.ts";
import { checked, runChecked } from "../../fixtures/users.ts";
import { type CompareCase, type ContextFile, compareCases } from "./compare-cases.ts";

let host: TestHost;
let base: string;
beforeAll(async () => {
  host = await TestHost.start();
  const registry = await host.startRegistry();
  base = (await registry.push(await busyboxImage(), "busybox:1")).replace("docker://", "");
  await preparePodman(host, host.users.alice);
  await shell(`buildah pull ${base} && cntnr image pull -q ${base}`);
}, 120_000);
afterAll(() => host[Symbol.asyncDispose]());

async function shell(line: string): Promise<string> {
  const argv = ["sh", "-c", line];
  return checked(argv, await host.asUser(host.users.alice, argv, { timeoutMs: 120_000 })).stdout;
}

/** Settings that both programs write; a list that is empty and one that is not there mean the same. */
const compared = [
  "User",
  "Env",
  "Cmd",
  "Entrypoint",
  "WorkingDir",
  "Volumes",
  "ExposedPorts",
  "Labels",
  "StopSignal",
  "Healthcheck",
  "OnBuild",
  "Shell",
];

describe("an image is the same as buildah's", () => {
  for (const compareCase of compareCases)
    test(compareCase.name, async () => {
      const { name: user, uid, gid } = host.users.alice;
      const directory = mkdtempSync(join(host.directory, "home", user, "case-"));
      try {
        for (const [path, file] of Object.entries(compareCase.files ?? {}))
          await write(directory, path, file);
        writeFileSync(join(directory, "Dockerfile"), compareCase.dockerfile.replaceAll("BASE", base));
        await runChecked(["chown", "-R", "-h", `${uid}:${gid}`, directory]);
        const home = join(host.users.alice.home, directory.slice(directory.lastIndexOf("/") + 1));
        const args = (compareCase.args ?? []).map((word) => `'${word}'`).join(" ");
        const store = "$HOME/.local/share/cntnr/images";
        const ours = `cntnr build -q -t compare ${args} ${home} && skopeo copy -q oci:${store}:docker.io/library/compare:latest dir:${home}/../ours`;
        const theirs = `buildah bud -q --format docker -t compare ${args} ${home} && buildah push -q compare dir:${home}/../theirs`;
        await shell(`rm -rf "$HOME/ours" "$HOME/theirs" && ${ours} && ${theirs}`);
        const read = (name: string) => flattenDirectory(join(host.directory, "home", user, name));
        compare(read("ours"), read("theirs"), compareCase);
      } finally {
        rmSync(directory, { recursive: true });
      }
    });
});

/** What buildah 1.28 leaves where something was mounted, with any RUN. */
const mountPointsOfBuildah = /^(?:etc\/(?:hosts|hostname|resolv\.conf)|run(?:\/.*)?|proc|sys|dev)$/;

function compare(ours: FlatImage, theirs: FlatImage, { differs }: CompareCase): void {
  const names = compared.filter((name) => !differs?.settings?.includes(name));
  expect(settingsOf(ours, names)).toEqual(settingsOf(theirs, names));
  const isCompared = (path: string) =>
    path !== "" && !mountPointsOfBuildah.test(path) && !differs?.paths?.test(path);
  const filesOf = ({ files }: FlatImage) =>
    Object.fromEntries(
      [...files]
        .filter(([path]) => isCompared(path))
        .map(([path, file]) => [path, withoutOverlay(file)] as const)
        .sort(([one], [other]) => (one < other ? -1 : 1)),
    );
  expect(filesOf(ours)).toEqual(filesOf(theirs));
}

/** buildah packs the attributes by which its overlay keeps its own state. */
function withoutOverlay(file: FlatFile): FlatFile {
  return { ...file, attributes: file.attributes.filter((name) => !name.startsWith("user.overlay.")) };
}

function settingsOf({ config }: FlatImage, names: readonly string[]): Record<string, unknown> {
  const settings = config.config as Record<string, unknown>;
  const labels = { ...(settings.Labels as Record<string, string> | undefined) };
  delete labels["io.buildah.version"];
  const all: Record<string, unknown> = { ...settings, Labels: labels };
  const isSet = (value: unknown) =>
    value !== undefined &&
    value !== null &&
    value !== "" &&
    Object.keys(Object(value)).length + String(value).length > 0;
  const shown = names.filter((name) => isSet(all[name])).map((name) => [name, all[name]]);
  return Object.fromEntries(shown.filter(([, value]) => JSON.stringify(value) !== "{}"));
}

async function write(directory: string, path: string, file: ContextFile): Promise<void> {
  const target = join(directory, path);
  mkdirSync(dirname(target), { recursive: true });
  if (typeof file === "string") writeFileSync(target, file);
  else if ("link" in file) symlinkSync(file.link, target);
  else if ("text" in file) {
    writeFileSync(target, file.text);
    chmodSync(target, file.mode);
  } else await pack(directory, target, file);
}

async function pack(
  directory: string,
  target: string,
  { archive, flag }: Extract<ContextFile, { archive: unknown }>,
): Promise<void> {
  const staging = mkdtempSync(join(directory, ".staging-"));
  for (const [path, text] of Object.entries(archive)) await write(staging, path, text);
  await runChecked(["tar", "--owner=7", "--group=8", `-c${flag}f`, target, "-C", staging, "."]);
  rmSync(staging, { recursive: true });
}
