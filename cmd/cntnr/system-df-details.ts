import { measureContainer, bytesBelow } from "../../runtime/container/container-size.ts";
import { listContainers } from "../../runtime/container/container-store.ts";
import { sweep } from "../../runtime/container/sweep.ts";
import { type ImageSummary, listImages } from "../../runtime/image/list-images.ts";
import type { Directories } from "../../runtime/store/directories.ts";
import { listVolumes, volumePaths } from "../../runtime/volume/volume-store.ts";
import { decimalSize } from "./byte-size.ts";
import { formatList, formatOne, type TemplateRow } from "./format-template.ts";
import { imageRow } from "./image-ls.ts";
import { psRow } from "./ps-row.ts";

const tables = [
  {
    name: "Images",
    headings: {
      ...{ Repository: "REPOSITORY", Tag: "TAG", ID: "IMAGE ID", CreatedSince: "CREATED", Size: "SIZE" },
      ...{ SharedSize: "SHARED SIZE", UniqueSize: "UNIQUE SIZE", Containers: "CONTAINERS" },
    },
  },
  {
    name: "Containers",
    headings: {
      ...{ ID: "CONTAINER ID", Image: "IMAGE", Command: "COMMAND", LocalVolumes: "LOCAL VOLUMES" },
      ...{ Size: "SIZE", RunningFor: "CREATED", Status: "STATUS", Names: "NAMES" },
    },
  },
  { name: "Volumes", headings: { Name: "VOLUME NAME", Links: "LINKS", Size: "SIZE" } },
] as const;

/** `cntnr system df -v`: each image, container and volume, in docker's tables. */
export async function dfDetails(directories: Directories, format: string | undefined): Promise<string> {
  const rows: Readonly<Record<(typeof tables)[number]["name"], readonly TemplateRow[]>> = {
    Images: imageRows(directories),
    Containers: await containerRows(directories),
    Volumes: await volumeRows(directories),
  };
  if (format !== undefined) return formatOne(rows, format);
  const texts = tables.map(({ name, headings }) => {
    const title = name === "Volumes" ? "Local Volumes" : name;
    const layout = { headings, columns: Object.keys(headings) };
    return `${title} space usage:\n\n${formatList(rows[name], undefined, layout)}`;
  });
  return texts.join("\n");
}

/** What an image shares are the unpacked layers that others have, too. */
function imageRows(directories: Directories): TemplateRow[] {
  const images = listImages(directories);
  const owners = new Map<string, Set<string>>();
  for (const { manifestDigest, parts } of images)
    for (const part of parts.keys()) owners.set(part, (owners.get(part) ?? new Set()).add(manifestDigest));
  const users = Map.groupBy(listContainers(directories).records, ({ imageId }) => imageId);
  return images.map((image) => {
    const sharedBytes = sharedOf(image, owners);
    return {
      ...imageRow(image, users.get(image.id)?.length ?? 0),
      SharedSize: decimalSize(sharedBytes),
      UniqueSize: decimalSize(image.sizeBytes - sharedBytes),
    };
  });
}

function sharedOf(
  { parts, sizeBytes }: ImageSummary,
  owners: ReadonlyMap<string, ReadonlySet<string>>,
): number {
  let bytes = 0;
  for (const [part, size] of parts)
    if (part.startsWith("unpacked ") && (owners.get(part)?.size ?? 0) > 1) bytes += size;
  return Math.min(bytes, sizeBytes);
}

async function containerRows(directories: Directories): Promise<TemplateRow[]> {
  const { containers } = await sweep(directories);
  return Promise.all(
    containers.map(async (container) => ({
      ...(await psRow(directories, container, { isWhole: false, withSize: false })),
      LocalVolumes: String(container.record.mounts.filter(({ kind }) => kind === "volume").length),
      Size: decimalSize((await measureContainer(directories, container.record)).ownBytes),
    })),
  );
}

async function volumeRows(directories: Directories): Promise<TemplateRow[]> {
  const { records } = listContainers(directories);
  const links = (volume: string) =>
    records.filter(({ mounts }) => mounts.some((mount) => mount.kind === "volume" && mount.name === volume));
  return Promise.all(
    listVolumes(directories).volumes.map(async ({ name }) => ({
      Name: name,
      Links: String(links(name).length),
      Size: decimalSize(await bytesBelow(volumePaths(directories, name).data)),
    })),
  );
}
