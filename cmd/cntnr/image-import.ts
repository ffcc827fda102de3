import { changesOf } from "../../runtime/build/plan/changes.ts";
import { importImage } from "../../runtime/image/import-image.ts";
import { nameToGive } from "../../runtime/image/name-image.ts";
import { print } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { progressPrinter } from "./progress-printer.ts";

/** `cntnr image import SOURCE [NAME]`: a root file system as an image of one layer; prints its id. */
export async function imageImport({ args, directories }: CommandContext): Promise<number> {
  const [source = "", name] = args.positionals;
  const change = changesOf(args.values("change"));
  const image = await importImage(
    directories,
    {
      source,
      names: name === undefined ? [] : [nameToGive(name)],
      comment: args.value("message"),
      configure: (base) => ({ ...base, config: change(base.config ?? {}) }),
    },
    { onProgress: progressPrinter() },
  );
  print(`${image.id}\n`);
  return 0;
}
