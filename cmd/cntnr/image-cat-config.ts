import { imageDetails } from "../../runtime/image/image-details.ts";
import { print } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";

/** `cntnr image cat-config`: the image's configuration as it stands (image-spec, config.md). */
export function imageCatConfig({ args, directories }: CommandContext): number {
  print(`${JSON.stringify(imageDetails(directories, args.positionals[0] ?? "").config, undefined, 2)}\n`);
  return 0;
}
