import { tagImage } from "../../runtime/image/name-image.ts";
import type { CommandContext } from "./command.ts";
import { forEachName } from "./each-name.ts";

/** `cntnr image tag IMAGE NAME...` */
export function imageTag({ args, directories, imagePolicy }: CommandContext): Promise<number> {
  const [source = "", ...names] = args.positionals;
  return forEachName(names, async (name) => {
    await tagImage(directories, source, name, imagePolicy === undefined ? {} : { imagePolicy });
  });
}
