import { collectBundles, findUnusedBundles } from "../../runtime/named-bundle/remove-bundles.ts";
import { print } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { collectImages, durationOf, limitsOf } from "./image-gc.ts";

/** `cntnr gc`: bundles, names and images that have had their time, and what nothing refers to. Bundles first: they keep layers. */
export async function gc({ args, directories }: CommandContext): Promise<number> {
  const ttl = args.value("bundle-ttl");
  const unusedSinceMs = ttl === undefined ? undefined : Date.now() - durationOf("bundle-ttl", ttl);
  const limits = limitsOf(args, "image-ttl");
  const isDry = args.has("dry-run");
  const bundles = isDry
    ? findUnusedBundles(directories, unusedSinceMs)
    : await collectBundles(directories, unusedSinceMs);
  print(bundles.map((name) => `bundle ${name} goes, because nobody has used it for so long\n`).join(""));
  return collectImages(directories, limits, isDry ? "only-told" : "removed");
}
