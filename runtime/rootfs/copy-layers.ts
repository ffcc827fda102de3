import { mkdirSync, rmdirSync } from "node:fs";
import { basename, dirname } from "node:path";
import { CntnrError } from "../errors/cntnr-error.ts";
import type { IdMappings } from "../userns/id-mappings.ts";
import { runInUserNamespace } from "../userns/run-in-user-namespace.ts";
import type { MountPointPlan } from "./mount-points.ts";

const copyTimeoutMs = 60 * 60_000;

/**
 * Arguments: the directory to start in, mount options ("" for one layer), the one layer, a mount point, the copy; then "d" or "f" and a
 * path for each mount point to cover. The copy is seen by nobody yet, and the paths have no link in them.
 */
const script = `set -e
cd -- "$1"; options=$2; tree=$3; place=$4; copy=$5; shift 5
if [ -n "$options" ]; then mount -t overlay -o "$options" overlay "$place"; tree=$place; fi
cp -a -- "$tree/." "$copy"
while [ $# -gt 0 ]; do
  rm -rf -- "$copy$2"
  if [ "$1" = d ]; then mkdir -m 755 -- "$copy$2"; else : >"$copy$2"; chmod 644 -- "$copy$2"; fi
  shift 2
done`;

/**
 * Copies what an overlay of the layers (lowest first) shows to a new directory, with owners, modes, times, attributes and hard links.
 * The overlay is mounted only to be read, in namespaces of the copying process, which works where one to write to does not, and its
 * names are relative, so that there is room for all layers that the kernel takes (500). Throws CntnrError.
 */
export async function copyLayers(
  layers: readonly string[],
  target: string,
  { replacements }: MountPointPlan,
  mappings: IdMappings,
): Promise<void> {
  const place = `${target}.view`;
  mkdirSync(target, { mode: 0o700 });
  mkdirSync(place, { mode: 0o700 });
  const covers = replacements.flatMap(({ path, kind }) => [kind === "directory" ? "d" : "f", path]);
  const start = dirname(layers[0] ?? "/");
  const words = [start, relativeOptions(layers, start), layers[0] ?? "", place, target, ...covers];
  const { exitCode, stderr } = await runInUserNamespace(mappings, ["sh", "-c", script, "sh", ...words], {
    timeoutMs: copyTimeoutMs,
  });
  rmdirSync(place);
  if (exitCode !== 0)
    throw new CntnrError(
      "engine",
      `the image's layers cannot be copied: ${stderr.trim().split("\n").at(-1) ?? ""}`,
    );
}

function relativeOptions(layers: readonly string[], start: string): string {
  if (layers.length < 2) return "";
  const names = layers.map((path) => (dirname(path) === start ? basename(path) : path));
  return `ro,userxattr,lowerdir=${names.toReversed().join(":")}`;
}
