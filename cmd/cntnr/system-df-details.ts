import type { Engine } from "../../runtime/engine/engine.ts";
import type { ImageSummary } from "../../runtime/image/list-images.ts";
import { decimalSize } from "./byte-size.ts";
import { formatList, formatOne, type TemplateRow } from "./format-template.ts";
import { imageRow } from "./image-ls.ts";
import { psRow } from "./ps-row.ts";
import { unlessGone } from "./unless-gone.ts";

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
export async function dfDetails(engine: Engine, format: string | undefined): Promise<string> {
  const rows: Readonly<Record<(typeof tables)[number]["name"], readonly TemplateRow[]>> = {
    Images: await imageRows(engine),
    Containers: await containerRows(engine),
    Volumes: await volumeRows(engine),
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
async function imageRows(engine: Engine): Promise<TemplateRow[]> {
  const images = (await engine.images.list()).filter(({ isShared }) => !isShared);
  const owners = new Map<string, Set<string>>();
  for (const { manifestDigest, parts } of images)
    for (const part of parts.keys()) owners.set(part, (owners.get(part) ?? new Set()).add(manifestDigest));
  const { containers } = await engine.containers.list();
  const users = Map.groupBy(containers, ({ imageId }) => imageId);
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

async function containerRows(engine: Engine): Promise<TemplateRow[]> {
  const { containers } = await engine.containers.list();
  const rows = containers.map(async (container) => {
    const size = await unlessGone(engine.containers.size(container.id));
    if (!size) return [];
    return [
      {
        ...psRow(container, { isWhole: false, size: undefined }),
        LocalVolumes: String(container.mounts.filter(({ kind }) => kind === "volume").length),
        Size: decimalSize(size.ownBytes),
      },
    ];
  });
  return (await Promise.all(rows)).flat();
}

async function volumeRows(engine: Engine): Promise<TemplateRow[]> {
  const [{ containers }, { volumes }] = await Promise.all([engine.containers.list(), engine.volumes.list()]);
  const links = (volume: string) =>
    containers.filter(({ mounts }) =>
      mounts.some((mount) => mount.kind === "volume" && mount.name === volume),
    );
  const rows = volumes.map(async ({ name }) => {
    const bytes = await unlessGone(engine.volumes.size(name));
    if (bytes === undefined) return [];
    return [{ Name: name, Links: String(links(name).length), Size: decimalSize(bytes) }];
  });
  return (await Promise.all(rows)).flat();
}
