import { statfsSync } from "node:fs";
import { type OverlayDirectories, overlayOptions } from "./overlay-mount.ts";

/** How a container gets its root file system: an overlay that the runtime mounts, or a copy, and why not the former. */
export type RootChoice =
  | { readonly kind: "overlay"; readonly options: readonly string[] }
  | { readonly kind: "copy"; readonly reason: string };

/** statfs(2): types of file systems that cannot be written through an overlay (overlayfs.rst, "Upper and lower"). */
const unfitTypes = new Map([
  [0x794c7630, "an overlay itself"],
  [0x6969, "NFS"],
  [0xff534d42, "CIFS"],
  [0xfe534d42, "SMB"],
  [0x01021997, "9p"],
  [0x65735546, "FUSE"],
  [0x4d44, "FAT"],
  [0x2011bab0, "exFAT"],
]);

/** Chooses by what the options have room for, and by the file system that the container's own files are on. */
export function chooseRoot(directories: OverlayDirectories, bundle: string): RootChoice {
  const options = overlayOptions(directories);
  if (!options)
    return { kind: "copy", reason: `mount(2) takes no options for ${directories.layers.length} layers` };
  const type = unfitTypes.get(statfsSync(bundle).type);
  if (type !== undefined) return { kind: "copy", reason: `${bundle} is on ${type}` };
  return { kind: "overlay", options };
}
