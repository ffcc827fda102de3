import { removeStrayLeases } from "../cni/leases.ts";
import type { Journal } from "../journal/journal.ts";
import type { PinDirectory } from "../netns/pins.ts";

export interface StrayPlaces {
  readonly leaseDir: string;
  readonly journal: Journal;
  readonly pins: PinDirectory;
  readonly log: (line: string) => void;
}

/** Takes away what no journaled attachment explains: the residue of a crash between two steps (F2, F10). */
export function collectStrays({ leaseDir, journal, pins, log }: StrayPlaces): void {
  const { movedAside, quarantined } = journal.findings;
  if (movedAside.length > 0 || quarantined.length > 0) {
    const what = [
      ...(quarantined.length > 0 ? [`${quarantined.length} broken records are in its table quarantine`] : []),
      ...movedAside.map((path) => `it was damaged and is now ${path}`),
    ];
    log(
      `journal: ${what.join(", ")}; ` +
        "pins and leases that it does not know are kept, because containers may still use them",
    );
    return;
  }
  for (const id of pins.list()) if (!journal.get(id)) pins.unpin(id);
  for (const lease of removeStrayLeases(leaseDir, new Set(journal.all().map((record) => record.containerId))))
    log(`lease ${lease} belonged to nothing and is free again`);
}
