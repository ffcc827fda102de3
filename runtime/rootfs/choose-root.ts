import { hasOwnMarks } from "../store/layers.ts";
import type { IdMappings } from "../userns/id-mappings.ts";
import { type OverlayDirectories, overlayOptions } from "./overlay-mount.ts";
import { findOverlaySupport } from "./overlay-support.ts";

/** How a container gets its root file system: an overlay that the runtime mounts, or a copy, and why not the former. */
export type RootChoice =
  | { readonly kind: "overlay"; readonly options: readonly string[] }
  | { readonly kind: "copy"; readonly reason: string };

/** Where somebody wants to mount an overlay. */
export interface OverlayPlace {
  /** For the container's own files. */
  readonly directory: string;
  /** The user's state directory (`Directories.run`). */
  readonly run: string;
  readonly mappings: IdMappings;
}

/** Chooses by what the options have room for, by the layers, and by the file system that the container's own files are on. */
export async function chooseRoot(
  directories: OverlayDirectories,
  { directory, run, mappings }: OverlayPlace,
): Promise<RootChoice> {
  const options = overlayOptions(directories);
  if (!options)
    return { kind: "copy", reason: `mount(2) takes no options for ${directories.layers.length} layers` };
  const reason = whyNotMounted(directories.layers);
  if (reason !== undefined) return { kind: "copy", reason };
  const support = await findOverlaySupport(directory, run, mappings);
  return support.kind === "refused" ? { kind: "copy", reason: support.reason } : { kind: "overlay", options };
}

/** Why no overlay of these layers may be mounted, not even one to be read; undefined when it may. */
export function whyNotMounted(layers: readonly string[]): string | undefined {
  if (!layers.some(hasOwnMarks)) return undefined;
  return "the store's file system refuses whiteouts, so that layers say in a way of cntnr's own what they delete";
}
