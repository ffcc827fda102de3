import { usedVolumes } from "../container/container-volumes.ts";
import type { Directories } from "../store/directories.ts";
import { loadIdMappings } from "../userns/load-id-mappings.ts";
import type { RemovalSurroundings } from "../volume/remove-volumes.ts";

/** What the removal of volumes has to know of containers and bundles. */
export function volumeRemoval(directories: Directories): RemovalSurroundings {
  return { mappings: loadIdMappings(), usedVolumes: () => usedVolumes(directories) };
}
