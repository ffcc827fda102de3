import {
  closeSync,
  constants,
  existsSync,
  lstatSync,
  openSync,
  readdirSync,
  readSync,
  unlinkSync,
} from "node:fs";
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
  const stray = listLeases(leaseDir).filter(({ containerId }) => !liveContainerIds.has(containerId));
  for (const { path } of stray) unlinkSync(join(leaseDir, path));
  return stray.map(({ path }) => path);
}

/** One lease of host-local's. */
export interface Lease {
  /** `<network>/<address>` */
  readonly path: string;
  /** Empty when the file is. */
  readonly containerId: string;
}

/** All leases, by path; none when there is no such directory, as before the first start. */
export function listLeases(leaseDir: string): Lease[] {
  if (!existsSync(leaseDir)) return [];
  return readdirSync(leaseDir)
    .filter((network) => lstatSync(join(leaseDir, network)).isDirectory())
    .flatMap((network) => readdirSync(join(leaseDir, network)).map((address) => ({ network, address })))
    .map(({ network, address }) => ({ address, path: `${network}/${address}` }))
    .filter(({ address, path }) => isAddress(address) && lstatSync(join(leaseDir, path)).isFile())
    .map(({ path }) => ({ path, containerId: ownerOf(join(leaseDir, path)) }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
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
