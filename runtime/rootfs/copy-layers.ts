import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { CntnrError } from "../errors/cntnr-error.ts";
import type { IdMappings } from "../userns/id-mappings.ts";
import { runInUserNamespace } from "../userns/run-in-user-namespace.ts";
import type { MountPointPlan } from "./mount-points.ts";
import { lowerPath } from "./overlay-mount.ts";

const copyTimeoutMs = 60 * 60_000;

/**
 * Arguments: the directory to start in, mount options, a mount point, the directory to copy ("" for all), the copy; then "d" or
 * "f" and a path for each mount point to cover. The paths have no link in them.
 */
const script = `set -e
cd -- "$1"; mount -t overlay -o "$2" overlay "$3"
cp -a -- "$3$4/." "$5"
copy=$5; shift 5
while [ $# -gt 0 ]; do
  rm -rf -- "$copy$2"
  if [ "$1" = d ]; then mkdir -m 755 -- "$copy$2"; else : >"$copy$2"; chmod 644 -- "$copy$2"; fi
  shift 2
done`;

/**
 * Copies what an overlay of the layers (lowest first) shows to a new directory, with owners, modes, times, attributes and hard links.
 * Throws CntnrError.
 */
export async function copyLayers(
  layers: readonly string[],
  target: string,
  { replacements }: MountPointPlan,
  mappings: IdMappings,
): Promise<void> {
  mkdirSync(target, { mode: 0o700 });
  const covers = replacements.flatMap(({ path, kind }) => [kind === "directory" ? "d" : "f", path]);
  await copy(layers, ["", target, ...covers], dirname(target), mappings);
}

/**
 * Copies one directory of the layers to a directory that is there, which becomes like it.
 * @param path in the merged tree, without links; "/" for the whole
 */
export async function copyDirectory(
  layers: readonly string[],
  path: string,
  target: string,
  mappings: IdMappings,
): Promise<void> {
  await copy(layers, [path === "/" ? "" : path, target], dirname(target), mappings);
}

/**
 * The overlay is mounted only to be read, in namespaces of the copying process, which works where one to write to does not, and its
 * names are relative, so that there is room for all layers that the kernel takes (500).
 */
async function copy(
  layers: readonly string[],
  words: readonly string[],
  scratch: string,
  mappings: IdMappings,
): Promise<void> {
  const place = mkdtempSync(join(scratch, "view-"));
  try {
    const start = dirname(layers[0] ?? "/");
    const argv = [
      "sh",
      "-c",
      script,
      "sh",
      start,
      viewOptions(layers, start, place),
      place,
      ...words,
    ] as const;
    const { exitCode, stderr } = await runInUserNamespace(mappings, argv, { timeoutMs: copyTimeoutMs });
    if (exitCode !== 0)
      throw new CntnrError(
        "engine",
        `the image's files cannot be copied: ${stderr.trim().split("\n").at(-1) ?? ""}`,
      );
  } finally {
    rmSync(place, { recursive: true });
  }
}

/** An overlay that cannot be written to needs two layers at least: an empty one is always there. */
function viewOptions(layers: readonly string[], start: string, empty: string): string {
  const names = layers.map((path) => (dirname(path) === start ? basename(path) : path));
  return `ro,userxattr,lowerdir=${[...names.toReversed(), empty].map(lowerPath).join(":")}`;
}
