import { encodeAttribute, type Message, parseAttributes, textOf } from "./message.ts";
import { askKernel, dump, isAbsent, protocol, readNotifications, subscribe } from "./request.ts";

/** A network interface of the host, as rtnetlink(7) describes it. */
export interface Link {
  readonly index: number;
  readonly name: string;
  /** "veth", "bridge", ...; empty for hardware. */
  readonly kind: string;
  /** Lower case; empty for a link that has none. */
  readonly mac: string;
  /** Index of the bridge that it is a port of. */
  readonly master: number | undefined;
}

const newLink = 16;
const deleteLinkType = 17;
const getLink = 18;
/** struct ifinfomsg. */
const linkHeaderBytes = 16;
const attribute = { address: 1, ifname: 3, master: 10, linkInfo: 18, extMask: 29 } as const;
const linkKind = 1;
/** RTNLGRP_LINK. */
const linkGroup = 1;
const notificationBufferBytes = 1 << 20;
/** RTEXT_FILTER_SKIP_STATS: they are most of an answer. */
const skipStatistics = 8;

/** The link of that name; undefined when there is none. */
export function findLink(name: string): Link | undefined {
  try {
    const wanted = encodeAttribute(attribute.ifname, Buffer.from(`${name}\0`));
    const answer = askKernel(protocol.route, { type: getLink }, linkHeader(0), wanted);
    const found = answer.find(({ type }) => type === newLink);
    return found && readLink(found);
  } catch (error) {
    if (isAbsent(error)) return undefined;
    throw error;
  }
}

/** IFF_UP. */
const up = 1;

/** Takes a link down; one that is gone is. Throws SystemCallError. */
export function setLinkDown(index: number): void {
  const header = linkHeader(index);
  header.writeUInt32LE(0, 8);
  header.writeUInt32LE(up, 12);
  unlessAbsent(() => askKernel(protocol.route, { type: newLink }, header));
}

/** Deletes a link, and with it the other end of a veth pair, wherever that is by now. Throws SystemCallError. */
export function deleteLink(index: number): void {
  unlessAbsent(() => askKernel(protocol.route, { type: deleteLinkType }, linkHeader(index)));
}

function unlessAbsent(request: () => unknown): void {
  try {
    request();
  } catch (error) {
    if (!isAbsent(error)) throw error;
  }
}

/**
 * Knows the highest index that a link has had. The kernel counts upwards, so whatever is made later gets a higher one.
 * All links are listed only once; afterwards the kernel's notifications tell, whatever their number.
 */
export class LinkIndexes implements Disposable {
  readonly #notifications = subscribe(protocol.route, linkGroup, notificationBufferBytes);
  #newest = highestIndex(askForLinks());

  /** As of now. */
  newest(): number {
    const messages = readNotifications(this.#notifications) ?? askForLinks();
    this.#newest = Math.max(this.#newest, highestIndex(messages));
    return this.#newest;
  }

  [Symbol.dispose](): void {
    this.#notifications[Symbol.dispose]();
  }
}

function highestIndex(messages: readonly Message[]): number {
  const links = messages.filter(({ type }) => type === newLink);
  return links.reduce((highest, { body }) => Math.max(highest, body.readInt32LE(4)), 0);
}

/** All links of the host. Throws SystemCallError. */
export function listLinks(): Link[] {
  return askForLinks()
    .filter(({ type }) => type === newLink)
    .map(readLink);
}

function askForLinks(): Message[] {
  const skip = encodeAttribute(attribute.extMask, uint32(skipStatistics));
  return askKernel(protocol.route, { type: getLink, flags: dump }, linkHeader(0), skip);
}

function readLink({ body }: Message): Link {
  const attributes = parseAttributes(body.subarray(linkHeaderBytes));
  const info = parseAttributes(attributes.get(attribute.linkInfo) ?? Buffer.alloc(0));
  return {
    index: body.readInt32LE(4),
    name: textOf(attributes.get(attribute.ifname)),
    kind: textOf(info.get(linkKind)),
    mac: macText(attributes.get(attribute.address)),
    master: attributes.get(attribute.master)?.readUInt32LE(0),
  };
}

function macText(bytes: Buffer | undefined): string {
  return [...(bytes ?? [])].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}

function linkHeader(index: number): Buffer {
  const header = Buffer.alloc(linkHeaderBytes);
  header.writeInt32LE(index, 4);
  return header;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
