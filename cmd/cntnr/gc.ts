import { print } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { engineOf } from "./engine-of.ts";
import { collectImages, durationOf, limitsOf } from "./image-gc.ts";

/** `cntnr gc`: bundles, names and images that have had their time, and what nothing refers to. Bundles first: they keep layers. */
export async function gc(context: CommandContext): Promise<number> {
  const { args } = context;
  const { bundles, images } = engineOf(context);
  const ttl = args.value("bundle-ttl");
  const unusedSinceMs = ttl === undefined ? undefined : Date.now() - durationOf("bundle-ttl", ttl);
  const limits = limitsOf(args, "image-ttl");
  const isDry = args.has("dry-run");
  const names = await (isDry ? bundles.findUnused(unusedSinceMs) : bundles.collect(unusedSinceMs));
  print(names.map((name) => `bundle ${name} goes, because nobody has used it for so long\n`).join(""));
  return collectImages(images, limits, isDry ? "only-told" : "removed");
}
