import { isDiskFull } from "../errors/disk-error.ts";
import { clearEvents } from "../events/event-log.ts";
import type { Directories } from "../store/directories.ts";
import { collectGarbage, type GarbageOptions } from "./collect-garbage.ts";
import { hexOf } from "./digest.ts";
import { forgetNames } from "./layout.ts";
import type { Digest } from "./local-image.ts";

/**
 * Takes names away from an image that is to go. On a full disk, where the new index has no room, room is made first: what is unpacked
 * of the image goes, which can be made again from its blobs, so that killed in between we leave an image as good as before. If that is
 * not enough, the log of events goes.
 */
export async function forgetForGood(
  directories: Directories,
  manifestDigest: Digest,
  names: readonly string[],
  options: GarbageOptions,
): Promise<void> {
  const attempt = () => forgetNames(directories, manifestDigest, names);
  const makeRoom = [
    () => collectGarbage(directories, { ...options, given: new Set([hexOf(manifestDigest)]) }),
    () => clearEvents(directories),
  ];
  for (const free of makeRoom) {
    try {
      return await attempt();
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      await free();
    }
  }
  await attempt();
}
