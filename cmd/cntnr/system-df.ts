import { bytesBelow, measureContainer } from "../../runtime/container/container-size.ts";
import { isActive } from "../../runtime/container/container-state.ts";
import { usedVolumes } from "../../runtime/container/container-volumes.ts";
import { sweep } from "../../runtime/container/sweep.ts";
import { manifestsInUse } from "../../runtime/engine/image-users.ts";
import { listImages } from "../../runtime/image/list-images.ts";
import type { Directories } from "../../runtime/store/directories.ts";
import { listVolumes, volumePaths } from "../../runtime/volume/volume-store.ts";
import { print } from "../command-line/output.ts";
import { decimalSize } from "./byte-size.ts";
import type { CommandContext } from "./command.ts";
import { engineOf } from "./engine-of.ts";
import { formatList, type ListLayout } from "./format-template.ts";

const layout: ListLayout = {
  headings: {
    ...{ Type: "TYPE", TotalCount: "TOTAL", Active: "ACTIVE", Size: "SIZE", Reclaimable: "RECLAIMABLE" },
  },
  columns: ["Type", "TotalCount", "Active", "Size", "Reclaimable"],
};

/** How much room things of one kind take, and which of it those take that nobody needs. */
interface Room {
  readonly type: string;
  readonly total: number;
  readonly active: number;
  readonly bytes: number;
  readonly reclaimableBytes: number;
}

/** `cntnr system df` */
export async function systemDf(context: CommandContext): Promise<number> {
  const { args, directories } = context;
  if (args.has("verbose")) {
    const { dfDetails } = await import("./system-df-details.ts");
    print(await dfDetails(engineOf(context), args.value("format")));
    return 0;
  }
  const rooms = [imageRoom(directories), await containerRoom(directories), await volumeRoom(directories)];
  const rows = rooms.map(({ type, total, active, bytes, reclaimableBytes }) => ({
    Type: type,
    TotalCount: String(total),
    Active: String(active),
    Size: decimalSize(bytes),
    Reclaimable: `${decimalSize(reclaimableBytes)}${percentOf(reclaimableBytes, bytes)}`,
  }));
  print(formatList(rows, args.value("format"), layout));
  return 0;
}

function percentOf(part: number, whole: number): string {
  return whole === 0 ? "" : ` (${Math.round((100 * part) / whole)}%)`;
}

/** Layers that images share count for each of them, as with docker. */
function imageRoom(directories: Directories): Room {
  const images = new Map(listImages(directories).map((image) => [image.manifestDigest, image]));
  const inUse = manifestsInUse(directories);
  const all = [...images.values()];
  const idle = all.filter(({ manifestDigest }) => !inUse.has(manifestDigest));
  return {
    type: "Images",
    total: all.length,
    active: all.length - idle.length,
    bytes: sum(all.map(({ sizeBytes }) => sizeBytes)),
    reclaimableBytes: sum(idle.map(({ sizeBytes }) => sizeBytes)),
  };
}

async function containerRoom(directories: Directories): Promise<Room> {
  const { containers } = await sweep(directories);
  const sizes = await Promise.all(
    containers.map(async ({ record, state }) => ({
      isActive: isActive(state),
      bytes: (await measureContainer(directories, record)).ownBytes,
    })),
  );
  return roomOf("Containers", sizes);
}

async function volumeRoom(directories: Directories): Promise<Room> {
  const used = usedVolumes(directories);
  const sizes = await Promise.all(
    listVolumes(directories).volumes.map(async ({ name }) => ({
      isActive: used.has(name),
      bytes: await bytesBelow(volumePaths(directories, name).data),
    })),
  );
  return roomOf("Local Volumes", sizes);
}

function roomOf(
  type: string,
  sizes: readonly { readonly isActive: boolean; readonly bytes: number }[],
): Room {
  return {
    type,
    total: sizes.length,
    active: sizes.filter(({ isActive: active }) => active).length,
    bytes: sum(sizes.map(({ bytes }) => bytes)),
    reclaimableBytes: sum(sizes.filter(({ isActive: active }) => !active).map(({ bytes }) => bytes)),
  };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
