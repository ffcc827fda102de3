import { join } from "node:path";
import { loadConfiguration } from "../configuration/load-configuration.ts";
import { hasErrno } from "../errors/cntnr-error.ts";
import type { Directories } from "./directories.ts";
import { readFormat } from "./format.ts";

/**
 * Stores that somebody else keeps and that we only read (`additional` in [store] of the configuration): the same tree as
 * the user's own. What is not read of them has our own paths. Throws CntnrError `unsupported` for one that a newer program has written.
 */
export function additionalStores(own: Directories, env: NodeJS.ProcessEnv = process.env): Directories[] {
  return loadConfiguration(env)
    .additionalStores.filter((path) => path !== own.data)
    .map((data) => {
      checkFormat(data);
      return {
        ...own,
        data,
        images: join(data, "images"),
        layers: join(data, "layers"),
        layerLinks: join(data, "l"),
      };
    });
}

/** One that cannot be looked into is told of by whoever wants something of it. */
function checkFormat(data: string): void {
  try {
    readFormat(data);
  } catch (error) {
    if (!hasErrno(error, "EACCES", "ENOTDIR")) throw error;
  }
}
