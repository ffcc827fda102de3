import type { FilteredAttachment } from "../filter/attachment.ts";
import type { AttachmentRecord } from "../journal/record.ts";
import type { Lease } from "../netns/lease.ts";
import type { PublishedPort } from "../ports/published-port.ts";
import { type Machine, resultOf } from "./executor.ts";
import { filteredAttachment, publishedPort } from "./filtered-attachment.ts";
import type { LostPort } from "./lost-ports.ts";
import type { PluginResult } from "./network-plugins.ts";

/** What a start does with one journaled attachment. */
export type RecoveryStep =
  | {
      readonly kind: "keep";
      readonly record: AttachmentRecord;
      readonly result: PluginResult;
      readonly lease: Lease;
    }
  | { readonly kind: "detach"; readonly record: AttachmentRecord; readonly why: string };

/** What can be found out about a record on the machine. */
export interface RecoveryProbe {
  readonly bootId: string;
  isPinned(record: AttachmentRecord): boolean;
  /** Undefined when it cannot be read (Q11). */
  result(record: AttachmentRecord): PluginResult | undefined;
  lease(record: AttachmentRecord): Lease | undefined;
}

/** Decides what is kept after a crash or restart: what was done, in this boot, and whose container still lives. */
export function planRecovery(records: readonly AttachmentRecord[], probe: RecoveryProbe): RecoveryStep[] {
  return records.map((record) => {
    const detach = (why: string): RecoveryStep => ({ kind: "detach", record, why });
    if (record.bootId !== probe.bootId) return detach("made in an earlier boot");
    if (record.state !== "attached") return detach(`netd ended while it was ${record.state}`);
    if (!probe.isPinned(record)) return detach("its namespace is gone");
    const result = probe.result(record);
    if (!result) return detach("what its plugins gave it cannot be read");
    const lease = probe.lease(record);
    return lease ? { kind: "keep", record, result, lease } : detach("its container has ended");
  });
}

/** The probe of this machine. */
export function machineProbe(
  { pins, plugins }: Machine,
  bootId: string,
  lease: RecoveryProbe["lease"],
): RecoveryProbe {
  return {
    bootId,
    isPinned: (record) => pins.holds(record.id, { inode: record.netnsInode, id: record.netnsId }),
    result: (record) => resultOf(plugins, record),
    lease,
  };
}

/**
 * Holds the ports of what is kept again, and makes the filter anew for exactly that (F7, D10).
 * @returns the ports that could not be had: their attachments keep all the rest
 */
export async function reassert(
  machine: Machine,
  kept: readonly Extract<RecoveryStep, { kind: "keep" }>[],
): Promise<LostPort[]> {
  const lost: LostPort[] = [];
  const filtered = kept.flatMap(({ record, result }): FilteredAttachment[] => {
    const ports = record.plan.ports.map(publishedPort);
    const containerAddresses = result.given.addresses;
    const taken = machine.ports.reserveAgain(record.id, ports, containerAddresses);
    lost.push(...taken.map(({ port, reason }) => ({ record, port, containerAddresses, reason })));
    const hostEnd = record.hostEnd ?? machine.findHostEnd(result.hostInterfaces);
    if (!hostEnd) return [];
    const isHeld = (port: PublishedPort) => !taken.some((other) => other.port === port);
    return [{ ...filteredAttachment(record, result, hostEnd), ports: ports.filter(isHeld) }];
  });
  await machine.filter.reset(filtered);
  return lost;
}
