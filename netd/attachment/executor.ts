import { existsSync } from "node:fs";
import type { MasqueradeTable } from "../filter/masquerade-table.ts";
import type { Journal } from "../journal/journal.ts";
import type { AttachmentRecord } from "../journal/record.ts";
import type { PinDirectory } from "../netns/pins.ts";
import type { FileDescriptor } from "../sys/libc.ts";
import type { NetworkPlugins, PluginResult } from "./network-plugins.ts";

/** Called between the steps; the crash tests end the process there. */
export type OnStep = (step: string) => void;

/** The parts of the machine that an attachment touches. */
export interface Machine {
  readonly journal: Journal;
  readonly pins: PinDirectory;
  readonly plugins: NetworkPlugins;
  readonly masquerade: MasqueradeTable;
  readonly onStep: OnStep;
}

/**
 * Writes the intent and pins the namespace, at once and without waiting for anything, so that the slot is charged
 * before the next request is looked at (Q7) and the namespace stays the one that was verified (N7, N8).
 * Crash windows: after the intent, recovery runs DEL without a namespace; after the pin, DEL with it.
 */
export function beginAttach(machine: Machine, record: AttachmentRecord, netns: FileDescriptor): void {
  machine.journal.insert(record);
  machine.onStep("attach:intended");
  machine.pins.pin(record.id, netns);
  machine.onStep("attach:pinned");
}

/**
 * ADD, then masquerading, then the record's `attached`. The caller undoes everything when this throws.
 * A crash before `attached` is durable makes recovery undo it; nobody has been told of it yet.
 */
export async function executeAttach(machine: Machine, record: AttachmentRecord): Promise<AttachmentRecord> {
  const result = await machine.plugins.add(record, machine.pins.pathOf(record.id));
  machine.onStep("attach:added");
  if (record.plan.masquerade) await machine.masquerade.add(record.id, result.addresses);
  machine.onStep("attach:masqueraded");
  const attached = machine.journal.update(record.id, { state: "attached", result: result.json });
  machine.onStep("attach:done");
  return attached;
}

/**
 * DEL, then the rules, then the pin, then the record. Each step may be repeated, so a crash or an error anywhere is
 * mended by doing it all again. The pin stays until DEL is done (N9), the rules until the interface is gone (F14).
 */
export async function executeDetach(machine: Machine, record: AttachmentRecord): Promise<void> {
  const path = machine.pins.holds(record.id, { inode: record.netnsInode, id: record.netnsId })
    ? machine.pins.pathOf(record.id)
    : "";
  await machine.plugins.delete(record, path);
  machine.onStep("detach:deleted");
  if (record.plan.masquerade)
    await machine.masquerade.remove(record.id, addressesOf(machine.plugins, record));
  machine.onStep("detach:unmasqueraded");
  machine.pins.unpin(record.id);
  machine.onStep("detach:unpinned");
  machine.journal.remove(record.id);
  machine.onStep("detach:done");
}

/** The addresses that a record's plugins gave; none before ADD was done. */
export function addressesOf(plugins: NetworkPlugins, record: AttachmentRecord): readonly string[] {
  return resultOf(plugins, record)?.addresses ?? [];
}

/** The stored result; undefined before ADD was done. */
export function resultOf(plugins: NetworkPlugins, record: AttachmentRecord): PluginResult | undefined {
  return record.result === "" ? undefined : plugins.parseResult(record.result);
}

/** What is there of an attachment that was to be gone: its pin, and what its plugins left. Costs the same whatever else is there. */
export function residueOf({ pins, plugins }: Machine, record: AttachmentRecord): string[] {
  const pin = existsSync(pins.pathOf(record.id)) ? [`pin ${record.id}`] : [];
  return [...pin, ...plugins.residueOf(record)];
}
