import { bytesBelow, measureContainer } from "../container/container-size.ts";
import { isActive } from "../container/container-state.ts";
import { usedVolumes } from "../container/container-volumes.ts";
import { sweep } from "../container/sweep.ts";
import { listImages } from "../image/list-images.ts";
import type { Directories } from "../store/directories.ts";
import { listVolumes, volumePaths } from "../volume/volume-store.ts";
import { manifestsInUse } from "./image-users.ts";

/** How much room things of one kind take, and which of it those take that nobody needs. */
export interface Room {
  readonly total: number;
  readonly active: number;
  readonly bytes: number;
  readonly reclaimableBytes: number;
}

export type DiskUsage = Readonly<Record<"images" | "containers" | "volumes", Room>>;

interface Measured {
  readonly isActive: boolean;
  readonly bytes: number;
}

export function measureImages(directories: Directories): Room {
  const images = new Map(listImages(directories).map((image) => [image.manifestDigest, image]));
  const inUse = manifestsInUse(directories);
  return roomOf(
    [...images.values()].map(({ manifestDigest, sizeBytes }) => ({
      isActive: inUse.has(manifestDigest),
      bytes: sizeBytes,
    })),
  );
}

export async function measureContainers(directories: Directories): Promise<Room> {
  const { containers } = await sweep(directories);
  const measured = containers.map(async ({ record, state }) => ({
    isActive: isActive(state),
    bytes: (await measureContainer(directories, record)).ownBytes,
  }));
  return roomOf(await Promise.all(measured));
}

export async function measureVolumes(directories: Directories): Promise<Room> {
  const used = usedVolumes(directories);
  const measured = listVolumes(directories).volumes.map(async ({ name }) => ({
    isActive: used.has(name),
    bytes: await bytesBelow(volumePaths(directories, name).data),
  }));
  return roomOf(await Promise.all(measured));
}

function roomOf(things: readonly Measured[]): Room {
  const idle = things.filter((thing) => !thing.isActive);
  return {
    total: things.length,
    active: things.length - idle.length,
    bytes: sum(things),
    reclaimableBytes: sum(idle),
  };
}

function sum(things: readonly Measured[]): number {
  return things.reduce((total, { bytes }) => total + bytes, 0);
}
