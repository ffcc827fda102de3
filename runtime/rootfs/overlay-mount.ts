/** The kernel copies a page of mount options, its NUL included (mount(2)). */
const mostOptionBytes = 4095;

export interface OverlayDirectories {
  /** Lowest first. */
  readonly layers: readonly string[];
  /** Without these two the overlay is read-only, and needs two layers. */
  readonly upper?: string;
  readonly work?: string;
}

/**
 * Options by which an overlay of the layers is mounted as a root file system, inside a user namespace (overlayfs.rst); undefined
 * when there are more of them than mount(2) takes.
 */
export function overlayOptions({ layers, upper, work }: OverlayDirectories): string[] | undefined {
  const lower = layers.toReversed().map(lowerPath);
  const options = [
    `lowerdir=${lower.join(":")}`,
    ...(upper === undefined ? [] : [`upperdir=${escapePath(upper, /[\\,]/g)}`]),
    ...(work === undefined ? [] : [`workdir=${escapePath(work, /[\\,]/g)}`]),
    "userxattr",
  ];
  return Buffer.byteLength(options.join(",")) > mostOptionBytes ? undefined : options;
}

/** A path as it stands in `lowerdir`. */
export function lowerPath(path: string): string {
  return escapePath(path, /[\\:,]/g);
}

function escapePath(path: string, special: RegExp): string {
  return path.replace(special, "\\$&");
}
