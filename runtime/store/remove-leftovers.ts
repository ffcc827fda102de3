import type { IdMappings } from "../userns/id-mappings.ts";
import type { Directories } from "./directories.ts";
import { withdrawUnfinished } from "./layers.ts";
import { abandonedKeys } from "./temporary.ts";

/** Removes what killed processes have left half-made: in <tmp>, and layers that are not known to be whole. */
export async function removeLeftovers(directories: Directories, mappings: IdMappings): Promise<void> {
  for (const abandoned of abandonedKeys(directories)) {
    using key = abandoned;
    const layer = key.nameAs("layer");
    if (layer !== undefined) withdrawUnfinished(directories, layer, key);
    await key.clear(mappings);
  }
}
