import { constants, openSync } from "node:fs";
import type { AttachmentRecord } from "../journal/record.ts";
import { reopenLease } from "../netns/lease.ts";
import type { PinDirectory } from "../netns/pins.ts";
import { identityOf } from "../netns/verify-netns.ts";
import { FileDescriptor, isAlive } from "../sys/libc.ts";

/**
 * Pins namespaces again whose pins were lost: systemd forgets what it keeps for a service that is stopped and not at
 * once started again. Only what a process that the attachment depends on still lives in, and is the very namespace that
 * was attached; the others go the way of what has ended.
 */
export function restorePins(records: readonly AttachmentRecord[], pins: PinDirectory, bootId: string): void {
  for (const record of records) {
    const identity = { inode: record.netnsInode, id: record.netnsId };
    const isLost =
      record.bootId === bootId && record.state === "attached" && !pins.holds(record.id, identity);
    if (!isLost) continue;
    using lease = reopenLease(record.leasePid, identity);
    if (!lease) continue;
    using netns = new FileDescriptor(openSync(`/proc/${lease.pid}/ns/net`, constants.O_RDONLY));
    const found = identityOf(netns);
    const isSame = found.inode === identity.inode && found.id === identity.id;
    // Alive now, so what was opened by its number was its own (N7).
    if (!isSame || !isAlive(lease.pidfd.number)) continue;
    pins.unpin(record.id);
    pins.pin(record.id, netns);
  }
}
