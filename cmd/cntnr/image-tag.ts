import type { CommandContext } from "./command.ts";
import { forEachName } from "./each-name.ts";
import { engineOf } from "./engine-of.ts";

/** `cntnr image tag IMAGE NAME...` */
export function imageTag(context: CommandContext): Promise<number> {
  const [source = "", ...names] = context.args.positionals;
  const { images } = engineOf(context);
  return forEachName(names, async (name) => {
    await images.tag(source, name);
  });
}
