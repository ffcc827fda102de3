import { realpathSync } from "node:fs";
import { join, relative } from "node:path";
import type { ResolvedMount } from "../container/container-options.ts";
import { CntnrError, hasErrno } from "../errors/cntnr-error.ts";
import { netdSocketDirectories } from "../network/netd-socket.ts";

/**
 * Keeps netd's socket out of a container (P8): a bind of it is refused, and where a bind of more has it in it, there is nothing at
 * its place. netd looks for itself, too. Throws CntnrError `not-permitted`.
 */
export function withoutNetdSockets(
  mounts: readonly ResolvedMount[],
  env: NodeJS.ProcessEnv,
): ResolvedMount[] {
  return mounts.flatMap((mount) => {
    if (mount.kind !== "bind") return [mount];
    const source = realpathSync(mount.source);
    const directories = netdSocketDirectories(env).flatMap((path) => realPathIfThere(path) ?? []);
    return [mount, ...coversOf(mount.destination, source, directories)];
  });
}

function coversOf(destination: string, source: string, directories: readonly string[]): ResolvedMount[] {
  return directories.flatMap((directory): ResolvedMount[] => {
    if (isWithin(source, directory))
      throw new CntnrError("not-permitted", `${source}: cntnr-netd's socket may not be in a container`);
    if (!isWithin(directory, source)) return [];
    const place = join(destination, relative(source, directory));
    return [{ kind: "tmpfs", destination: place, options: ["ro", "size=4k", "mode=0555"] }];
  });
}

function isWithin(path: string, directory: string): boolean {
  return directory === "/" || path === directory || path.startsWith(`${directory}/`);
}

function realPathIfThere(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch (error) {
    if (hasErrno(error, "ENOENT", "EACCES", "ENOTDIR")) return undefined;
    throw error;
  }
}
