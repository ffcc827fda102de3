import { listContainers } from "../../runtime/container/container-store.ts";
import type { ImageSummary } from "../../runtime/image/list-images.ts";
import { familiarName } from "../../runtime/image/reference.ts";
import { agoOf } from "../command-line/ago.ts";
import { print } from "../command-line/output.ts";
import { decimalSize } from "./byte-size.ts";
import type { CommandContext } from "./command.ts";
import { createdAt } from "./created-at.ts";
import { engineOf } from "./engine-of.ts";
import { formatList, type TemplateRow } from "./format-template.ts";

const headings = {
  ID: "IMAGE ID",
  Repository: "REPOSITORY",
  Tag: "TAG",
  Digest: "DIGEST",
  CreatedSince: "CREATED",
  CreatedAt: "CREATED AT",
  Size: "SIZE",
};

/** `cntnr image ls` */
export async function imageLs(context: CommandContext): Promise<number> {
  const { args, directories } = context;
  const [reference] = args.positionals;
  const conditions = [
    ...args.values("filter"),
    ...(reference === undefined ? [] : [`reference=${reference}`]),
  ];
  const images = await engineOf(context).images.list(conditions);
  const idOf = ({ id }: ImageSummary) => (args.has("no-trunc") ? id : shortDigest(id));
  if (args.has("quiet")) {
    print(images.map((image) => `${idOf(image)}\n`).join(""));
    return 0;
  }
  const usersById = Map.groupBy(listContainers(directories).records, ({ imageId }) => imageId);
  const rows = images.map((image) => ({
    ...imageRow(image, usersById.get(image.id)?.length ?? 0, idOf(image)),
    ReadOnly: String(image.isShared),
  }));
  const columns = [
    "Repository",
    "Tag",
    ...(args.has("digests") ? ["Digest"] : []),
    "ID",
    "CreatedSince",
    "Size",
  ];
  print(formatList(rows, args.value("format"), { headings, columns }));
  return 0;
}

/** The first twelve digits. */
export function shortDigest(digest: string): string {
  return digest.slice("sha256:".length, "sha256:".length + 12);
}

/** What is shown of an image, by docker's names. */
export function imageRow(image: ImageSummary, users: number, id = shortDigest(image.id)): TemplateRow {
  return {
    Containers: String(users),
    CreatedAt: image.created === "" ? "N/A" : createdAt(image.created),
    CreatedSince: image.created === "" ? "N/A" : `${agoOf(image.created)} ago`,
    Digest: image.manifestDigest,
    ID: id,
    Repository: familiarName(image.repository) || "<none>",
    SharedSize: "N/A",
    Size: decimalSize(image.sizeBytes),
    Tag: image.tag || "<none>",
    UniqueSize: "N/A",
    VirtualSize: decimalSize(image.sizeBytes),
  };
}
