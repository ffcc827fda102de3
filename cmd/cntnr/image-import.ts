import { print } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { engineOf } from "./engine-of.ts";
import { progressPrinter } from "./progress-printer.ts";

/** `cntnr image import SOURCE [NAME]`: a root file system as an image of one layer; prints its id. */
export async function imageImport(context: CommandContext): Promise<number> {
  const { args } = context;
  const [source = "", name] = args.positionals;
  const image = await engineOf(context).images.import(source, name, {
    comment: args.value("message"),
    changes: args.values("change"),
    onProgress: progressPrinter(),
  });
  print(`${image.id}\n`);
  return 0;
}
