import { existsSync } from "node:fs";
import { Refusal } from "../errors.ts";
import type { FilteredAttachment, HostEnd } from "../filter/attachment.ts";
import type { Birthplace } from "../filter/stray-ends.ts";
import type { Journal } from "../journal/journal.ts";
import type { AttachmentRecord } from "../journal/record.ts";
import { findLink } from "../netlink/links.ts";
import type { PinDirectory } from "../netns/pins.ts";
import { PortUnavailable } from "../ports/port-reservations.ts";
import type { PublishedPort } from "../ports/published-port.ts";
import type { FileDescriptor } from "../sys/libc.ts";
import { filteredAttachment, publishedPort, requireSound } from "./filtered-attachment.ts";
import type { NetworkPlugins, PluginResult } from "./network-plugins.ts";

/** Called between the steps; the crash tests end the process there. */
export type OnStep = (step: string) => void;

/** The time in which a link is made, and nothing is heard of it. */
export interface FilterOpening extends AsyncDisposable {
  readonly add: (attachment: FilteredAttachment) => Promise<void>;
}

/** What stands between attachments and everything else; see `../filter/filter.ts`. */
export interface AttachmentFilter {
  reset(attachments: readonly FilteredAttachment[]): Promise<void>;
  open(bridge: string | undefined, place: Birthplace): Promise<FilterOpening>;
  silence(id: string): void;
  remove(id: string): Promise<void>;
  publish(id: string, port: PublishedPort): Promise<void>;
}

/** Ports of the host, held for attachments; see `../ports/port-reservations.ts`. */
export interface HeldPorts {
  reserve(owner: string, ports: readonly PublishedPort[], containerAddresses: readonly string[]): void;
  reserveAgain(
    owner: string,
    ports: readonly PublishedPort[],
    containerAddresses: readonly string[],
  ): readonly { readonly port: PublishedPort; readonly reason: string }[];
  reserveFurther(owner: string, port: PublishedPort, containerAddresses: readonly string[]): Disposable;
  release(owner: string): void;
}

/** The parts of the machine that an attachment touches. */
export interface Machine {
  readonly journal: Journal;
  readonly pins: PinDirectory;
  readonly plugins: NetworkPlugins;
  readonly filter: AttachmentFilter;
  readonly ports: HeldPorts;
  /** Where the packets of an attachment come into the host; undefined when they do not. */
  readonly findHostEnd: (hostInterfaces: readonly string[]) => HostEnd | undefined;
  /** Whether the host has an address now. */
  readonly isHostsAddress: (address: string) => boolean;
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
 * ADD behind a closed filter, the ports, the filter, then the record's `attached`. There is no moment in which a link is
 * live that is not filtered: plugins bring links up, and until `add` nothing is heard of a new one (D1, D10). The first
 * plugin's program starts while the filter opens, and is told what to do after that; what one makes that does not wait
 * for it is older than the opening, and refused. The
 * caller undoes everything when this throws. A crash before `attached` is durable makes recovery undo it; nobody has
 * been told of it yet, and what the filter's tables do not have stays closed.
 */
export async function executeAttach(machine: Machine, record: AttachmentRecord): Promise<AttachmentRecord> {
  const { plugins, ports, onStep } = machine;
  const shape = plugins.shapeOf(record);
  const netnsPath = machine.pins.pathOf(record.id);
  await using stack = new AsyncDisposableStack();
  const during: { opening?: FilterOpening } = {};
  const result = await plugins.add(record, netnsPath, async () => {
    during.opening = stack.use(await machine.filter.open(shape.bridge, { netnsPath, uid: record.uid }));
    onStep("attach:opened");
  });
  onStep("attach:added");
  const { opening } = during;
  if (!opening) throw new Error("its plugins have not waited for the filter");
  requireSound(result, record, shape);
  requireNotHosts(machine, result);
  reservePorts(ports, record, result);
  onStep("attach:reserved");
  const hostEnd = machine.findHostEnd(result.hostInterfaces);
  if (hostEnd) await opening.add(filteredAttachment(record, result, hostEnd));
  else if (!shape.isUnfilteredAccepted)
    throw new Error(
      "what it sends does not pass the host, so it cannot be filtered, which its conflist does not accept",
    );
  onStep("attach:filtered");
  const attached = machine.journal.attached(record.id, { result: result.json, hostEnd: hostEnd ?? null });
  onStep("attach:done");
  return attached;
}

/**
 * The host may have got an address since its networks were compared with its own (D6). Throws Refusal.
 */
function requireNotHosts({ isHostsAddress }: Machine, { given }: PluginResult): void {
  const taken = given.addresses.map((text) => text.split("/")[0] ?? "").find(isHostsAddress);
  if (taken !== undefined) throw new Refusal("conflict", `the address ${taken} is the host's own`);
}

/** Throws Refusal `conflict` for ports that somebody has, or that the host has no address for. */
function reservePorts(ports: HeldPorts, { id, plan }: AttachmentRecord, { given }: PluginResult): void {
  try {
    ports.reserve(id, plan.ports.map(publishedPort), given.addresses);
  } catch (error) {
    if (error instanceof PortUnavailable) throw new Refusal("conflict", error.message, { cause: error });
    throw error;
  }
}

/**
 * The link goes down while the plugin's program starts, then DEL, then the rules, the ports, the pin and the record (F14). Each step may be repeated, so a
 * crash or an error anywhere is mended by doing it all again. The pin stays until DEL is done (N9), the rules until the
 * interface is gone, and the ports until no rule leads to them.
 */
export async function executeDetach(machine: Machine, record: AttachmentRecord): Promise<void> {
  const { pins, onStep } = machine;
  const path = pins.holds(record.id, { inode: record.netnsInode, id: record.netnsId })
    ? pins.pathOf(record.id)
    : "";
  await machine.plugins.delete(record, path, () => {
    machine.filter.silence(record.id);
    onStep("detach:silenced");
  });
  onStep("detach:deleted");
  await machine.filter.remove(record.id);
  onStep("detach:unfiltered");
  machine.ports.release(record.id);
  onStep("detach:released");
  pins.unpin(record.id);
  onStep("detach:unpinned");
  machine.journal.remove(record.id);
  onStep("detach:done");
}

/** The stored result; undefined before ADD was done, and when it cannot be read (Q11). */
export function resultOf(plugins: NetworkPlugins, record: AttachmentRecord): PluginResult | undefined {
  try {
    return record.result === "" ? undefined : plugins.parseResult(record.result);
  } catch {
    // Whatever is wrong with it: what undoing needs is in the record beside it.
    return undefined;
  }
}

/** What is there of an attachment that was to be gone: its pin, and what its plugins left. Costs the same whatever else is there. */
export function residueOf({ pins, plugins }: Machine, record: AttachmentRecord): string[] {
  const pin = existsSync(pins.pathOf(record.id)) ? [`pin ${record.id}`] : [];
  const { hostEnd } = record;
  const isLinkThere = hostEnd !== null && findLink(hostEnd.name)?.index === hostEnd.index;
  return [...pin, ...(isLinkThere ? [`link ${hostEnd.name}`] : []), ...plugins.residueOf(record)];
}
