import { type Bench, commandsOf, type Scenario, type ScenarioMaker } from "./scenario.ts";

export const imageScenarioMakers: Readonly<Record<string, ScenarioMaker>> = {
  pull: pullDebian,
  unpack: unpackDebian,
  commit: commitLargeLayer,
};

/** What a container with sub-ids wrote, only a user namespace with them can remove. */
const remove = (path: string) => `unshare --map-auto --map-root-user rm -rf ${path}`;
/** So that nobody writes what another has left in memory. */
const flush = "sync";

async function pullDebian(bench: Bench): Promise<Scenario> {
  const { debian } = bench;
  const name = debian.replace("docker://", "");
  const layout = 'skopeo copy --quiet "$IMAGE" oci:"$HOME/layout":1'.replace("$IMAGE", debian);
  return {
    id: "pull",
    title: "pull and unpack a Debian image",
    time: commandsOf(bench, [
      {
        name: "cntnr image pull",
        before: flush,
        command: `XDG_DATA_HOME="$HOME/fresh" cntnr image pull ${debian}`,
        after: remove('"$HOME/fresh"'),
      },
      {
        name: "podman pull",
        before: flush,
        command: `podman pull --quiet ${name}`,
        after: `podman rmi --force ${name}`,
      },
      {
        name: "skopeo copy, umoci unpack",
        before: flush,
        command: `${layout} && umoci unpack --rootless --image "$HOME/layout":1 "$HOME/bundle"`,
        after: remove('"$HOME/layout" "$HOME/bundle"'),
      },
      {
        name: "skopeo copy, umoci raw unpack",
        before: flush,
        command: `${layout} && umoci raw unpack --rootless --image "$HOME/layout":1 "$HOME/bundle"`,
        after: remove('"$HOME/layout" "$HOME/bundle"'),
      },
    ]),
    bounds: [{ peer: "podman pull", atMost: 0.5 }],
    isPull: true,
  };
}

/** The blob is in the store: what is timed is the first run of an image whose layer is not unpacked, durable afterwards. */
async function unpackDebian(bench: Bench): Promise<Scenario> {
  const { debian, shell } = bench;
  const store = "$HOME/unpack/cntnr";
  await shell(`XDG_DATA_HOME="$HOME/unpack" cntnr image pull ${debian}`);
  const blob = (await shell(`ls -S "${store}"/images/blobs/sha256/* | head -1`)).trim();
  const clear = `${remove(`"${store}"/layers/* "${store}"/l/* "$HOME/tar"`)}; mkdir "$HOME/tar"; ${flush}`;
  const tar = `tar -C "$HOME/tar" -xzf ${blob} --exclude="./dev/*"`;
  return {
    id: "unpack",
    title: "unpack the layer of a Debian image",
    time: commandsOf(bench, [
      {
        name: "cntnr run, unpacking",
        before: clear,
        command: `XDG_DATA_HOME="$HOME/unpack" cntnr run --rm --pull never --network host ${debian} true`,
      },
      { name: "tar -xzf", before: clear, command: tar },
      { name: "tar -xzf, sync", before: clear, command: `${tar} && sync --file-system "$HOME/tar"` },
    ]),
    bounds: [
      { peer: "tar -xzf", atMost: 1 },
      { peer: "tar -xzf, sync", atMost: 1 },
    ],
    isPull: true,
  };
}

const largeLayerBytes = 200_000_000;

/** Programs and libraries of this machine, in a container of each engine. */
async function commitLargeLayer(bench: Bench): Promise<Scenario> {
  const { host, small, shell } = bench;
  const files = `${host.directory}/large`;
  const choose = `find /usr/bin /usr/lib -xdev -type f -readable -printf '%s %p\\n' | sort -k2 |
    awk '{ sum += $1; if (sum > ${largeLayerBytes}) exit; print $2 }'`;
  const script = `mkdir ${files} && ${choose} | tar -cf - -T - 2>/dev/null | tar -C ${files} -xf - && chmod -R a+rX ${files}`;
  await host.asRoot(["sh", "-c", script], { timeoutMs: 120_000 });
  await shell(`cntnr run --name large -v ${files}:/from:ro ${small} cp -r /from /large`);
  await shell(`buildah from --name large ${small} && buildah copy --quiet large ${files} /large`);
  return {
    id: "commit",
    title: "commit a container with a new layer of 200 MB",
    time: commandsOf(bench, [
      {
        name: "cntnr commit",
        before: flush,
        command: "cntnr commit large of-cntnr",
        after: "cntnr rmi of-cntnr",
      },
      {
        name: "buildah commit",
        before: flush,
        command: "buildah commit --quiet large of-buildah",
        after: "buildah rmi of-buildah",
      },
      {
        name: "buildah commit, compressing",
        before: flush,
        command: "buildah commit --quiet --disable-compression=false large oci:$HOME/of-buildah",
        after: 'rm -rf "$HOME/of-buildah"',
      },
    ]),
    bounds: [{ peer: "buildah commit", atMost: 0.5 }],
    isPull: true,
  };
}
