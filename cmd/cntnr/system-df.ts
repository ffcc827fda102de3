import type { Room } from "../../runtime/engine/disk-usage.ts";
import { print } from "../command-line/output.ts";
import { decimalSize } from "./byte-size.ts";
import type { CommandContext } from "./command.ts";
import { engineOf } from "./engine-of.ts";
import { formatList, type ListLayout, type TemplateRow } from "./format-template.ts";

const layout: ListLayout = {
  headings: {
    ...{ Type: "TYPE", TotalCount: "TOTAL", Active: "ACTIVE", Size: "SIZE", Reclaimable: "RECLAIMABLE" },
  },
  columns: ["Type", "TotalCount", "Active", "Size", "Reclaimable"],
};

/** `cntnr system df` */
export async function systemDf(context: CommandContext): Promise<number> {
  const { args } = context;
  const engine = engineOf(context);
  if (args.has("verbose")) {
    const { dfDetails } = await import("./system-df-details.ts");
    print(await dfDetails(engine, args.value("format")));
    return 0;
  }
  const { images, containers, volumes } = await engine.system.diskUsage();
  const rows = [row("Images", images), row("Containers", containers), row("Local Volumes", volumes)];
  print(formatList(rows, args.value("format"), layout));
  return 0;
}

function row(type: string, { total, active, bytes, reclaimableBytes }: Room): TemplateRow {
  return {
    Type: type,
    TotalCount: String(total),
    Active: String(active),
    Size: decimalSize(bytes),
    Reclaimable: `${decimalSize(reclaimableBytes)}${percentOf(reclaimableBytes, bytes)}`,
  };
}

function percentOf(part: number, whole: number): string {
  return whole === 0 ? "" : ` (${Math.round((100 * part) / whole)}%)`;
}
