import { print } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { engineOf } from "./engine-of.ts";

/** `cntnr image cat-config`: the image's configuration as it stands (image-spec, config.md). */
export async function imageCatConfig(context: CommandContext): Promise<number> {
  const { config } = await engineOf(context).images.inspect(context.args.positionals[0] ?? "");
  print(`${JSON.stringify(config, undefined, 2)}\n`);
  return 0;
}
