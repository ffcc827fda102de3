import { closeSync, constants, lstatSync, openSync, readdirSync, readSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { Address4, Address6 } from "ip-address";

/** A container's id and an interface's name; more is not read. */
const leaseCapacityBytes = 256;

/**
 * Removes the leases of host-local that belong to no attachment: what a crash left between its making a file and
 * netd's record, or inside the making, when the file is empty and no DEL would ever find it (F2). Only for the time
 * when no plugin runs, which is netd's start.
 *
 * A lease is a file `<leaseDir>/<network>/<address>`, with the container's id as its first line and the interface's
 * name as its second. Whatever else is there stays, and nothing is reached through a link.
 *
 * @param liveContainerIds ids of all attachments in the journal, in whichever state; `"incomplete"` when a record could
 * not be read, so that nobody knows whose leases are whose, and none is touched (F10)
 * @returns what was removed: `<network>/<address>`
 */
export function removeStrayLeases(
  leaseDir: string,
  liveContainerIds: ReadonlySet<string> | "incomplete",
): string[] {
  if (liveContainerIds === "incomplete") return [];
  const removed: string[] = [];
  for (const network of readdirSync(leaseDir)) {
    const directory = join(leaseDir, network);
    if (!lstatSync(directory).isDirectory()) continue;
    for (const address of readdirSync(directory)) {
      const path = join(directory, address);
      if (!isAddress(address) || !lstatSync(path).isFile() || liveContainerIds.has(ownerOf(path))) continue;
      unlinkSync(path);
      removed.push(`${network}/${address}`);
    }
  }
  return removed.sort();
}

/** Whether the lease, if there is one, is this container's. */
export function isLeasedTo(containerId: string, path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() === true && ownerOf(path) === containerId;
}

function isAddress(name: string): boolean {
  return Address4.isValid(name) || Address6.isValid(name);
}

/** The container id in a lease; empty when there is none. */
function ownerOf(path: string): string {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const content = Buffer.alloc(leaseCapacityBytes);
    const length = readSync(fd, content);
    return content.toString("latin1", 0, length).split(/\r?\n/, 1)[0]?.trim() ?? "";
  } finally {
    closeSync(fd);
  }
}
