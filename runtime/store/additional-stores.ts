import { join } from "node:path";
import { loadConfiguration } from "../configuration/load-configuration.ts";
import type { Directories } from "./directories.ts";

/**
 * Stores that somebody else keeps and that we only read (`additional` in [store] of the configuration): the same tree as
 * the user's own. What is not read of them has our own paths.
 */
export function additionalStores(own: Directories, env: NodeJS.ProcessEnv = process.env): Directories[] {
  return loadConfiguration(env)
    .additionalStores.filter((path) => path !== own.data)
    .map((data) => ({
      ...own,
      data,
      images: join(data, "images"),
      layers: join(data, "layers"),
      layerLinks: join(data, "l"),
    }));
}
