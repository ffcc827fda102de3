import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { preparePodman } from "../../bench/podman.ts";
import { makeContext } from "../../fixtures/build-context.ts";
import { type FlatFile, type FlatImage, flattenDirectory } from "../../fixtures/flatten-image.ts";
import { busyboxImage } from "../../fixtures/images.ts";
import { TestHost } from "../../fixtures/test-host.ts";
import { checked } from "../../fixtures/users.ts";
import { type CompareCase, compareCases } from "./compare-cases.ts";

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
      const home = await makeContext(host, host.users.alice, {
        ...compareCase.files,
        Dockerfile: compareCase.dockerfile.replaceAll("BASE", base),
      });
      const args = (compareCase.args ?? []).map((word) => `'${word}'`).join(" ");
      const store = "$HOME/.local/share/cntnr/images";
      const ours = `cntnr build -q -t compare ${args} ${home} && skopeo copy -q oci:${store}:docker.io/library/compare:latest dir:${home}/../ours`;
      const theirs = `buildah bud -q --format docker -t compare ${args} ${home} && buildah push -q compare dir:${home}/../theirs`;
      await shell(`rm -rf "$HOME/ours" "$HOME/theirs" && ${ours} && ${theirs}`);
      const read = (name: string) => flattenDirectory(host.homeOf(host.users.alice, name));
      compare(read("ours"), read("theirs"), compareCase);
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
