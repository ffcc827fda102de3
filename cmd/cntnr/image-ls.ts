import { listImages } from "../../runtime/image/list-images.ts";
import { agoOf } from "../command-line/ago.ts";
import { print, printTable } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { megabytes } from "./progress-printer.ts";

/** `cntnr image ls` */
export function imageLs({ args, directories }: CommandContext): number {
  const images = listImages(directories);
  const idOf = (id: string) =>
    args.has("no-trunc") ? id : id.slice("sha256:".length, "sha256:".length + 12);
  if (args.has("quiet")) print(images.map(({ id }) => `${idOf(id)}\n`).join(""));
  else if (args.value("format") === "json")
    print(images.map((image) => `${JSON.stringify(image)}\n`).join(""));
  else
    printTable([
      ["REPOSITORY", "TAG", "IMAGE ID", "CREATED", "SIZE"],
      ...images.map(({ repository, tag, id, created, sizeBytes }) => [
        repository || "<none>",
        tag || "<none>",
        idOf(id),
        created === "" ? "-" : `${agoOf(created)} ago`,
        megabytes(sizeBytes),
      ]),
    ]);
  return 0;
}
