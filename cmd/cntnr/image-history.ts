import { type HistoryStep, historyOf } from "../../runtime/image/image-details.ts";
import { agoOf } from "../command-line/ago.ts";
import { print, printable } from "../command-line/output.ts";
import { decimalSize } from "./byte-size.ts";
import type { CommandContext } from "./command.ts";
import { createdAt } from "./created-at.ts";
import { engineOf } from "./engine-of.ts";
import { formatList } from "./format-template.ts";
import { shortDigest } from "./image-ls.ts";

const headings = {
  ID: "IMAGE",
  CreatedSince: "CREATED",
  CreatedAt: "CREATED AT",
  CreatedBy: "CREATED BY",
  Size: "SIZE",
  Comment: "COMMENT",
};
const longestCommand = 45;

/** `cntnr image history`: how an image came to be, the last step first. */
export async function imageHistory(context: CommandContext): Promise<number> {
  const { args } = context;
  const details = await engineOf(context).images.inspect(args.positionals[0] ?? "");
  const isWhole = args.has("no-trunc");
  const isHuman = args.value("human") !== "false";
  const id = details.manifest.config.digest;
  const rows = historyOf(details).map((step, index) => ({
    // Only the image itself has an id: what its steps were called elsewhere, it does not say.
    ID: index > 0 ? "<missing>" : isWhole ? id : shortDigest(id),
    CreatedSince: timeOf(step, (time) => (isHuman ? `${agoOf(time)} ago` : time)),
    CreatedAt: timeOf(step, isHuman ? (time) => time : createdAt),
    CreatedBy: shortened(step.entry.created_by ?? "", isWhole),
    Size: isHuman ? decimalSize(step.sizeBytes) : String(step.sizeBytes),
    Comment: printable(step.entry.comment ?? ""),
  }));
  if (args.has("quiet")) print(rows.map((row) => `${row.ID}\n`).join(""));
  else {
    const columns = ["ID", "CreatedSince", "CreatedBy", "Size", "Comment"];
    print(formatList(rows, args.value("format"), { headings, columns }));
  }
  return 0;
}

function timeOf({ entry }: HistoryStep, show: (time: string) => string): string {
  return entry.created ? show(entry.created) : "N/A";
}

function shortened(command: string, isWhole: boolean): string {
  const line = printable(command.replaceAll("\t", " "));
  return isWhole || line.length <= longestCommand ? line : `${line.slice(0, longestCommand - 1)}…`;
}
