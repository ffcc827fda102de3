import { untagImage } from "../../runtime/image/name-image.ts";
import { familiarName } from "../../runtime/image/reference.ts";
import { print } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";

/** `cntnr image untag IMAGE [NAME...]`: the image stays, even without a name. */
export async function imageUntag({ args, directories }: CommandContext): Promise<number> {
  const [source = "", ...names] = args.positionals;
  const gone = await untagImage(directories, source, names);
  print(gone.map((name) => `Untagged: ${familiarName(name)}\n`).join(""));
  return 0;
}
