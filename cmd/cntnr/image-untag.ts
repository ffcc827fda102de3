import { familiarName } from "../../runtime/image/reference.ts";
import { print } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { engineOf } from "./engine-of.ts";

/** `cntnr image untag IMAGE [NAME...]`: the image stays, even without a name. */
export async function imageUntag(context: CommandContext): Promise<number> {
  const [source = "", ...names] = context.args.positionals;
  const gone = await engineOf(context).images.untag(source, names);
  print(gone.map((name) => `Untagged: ${familiarName(name)}\n`).join(""));
  return 0;
}
