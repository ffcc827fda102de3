import { textOfMac } from "../sys/address-bytes.ts";
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
  /** Number of the namespace in which a pair's other end is; undefined: in this one. See `namespace-numbers.ts`. */
  readonly peerNamespace: number | undefined;
}

const newLink = 16;
const deleteLinkType = 17;
const getLink = 18;
/** struct ifinfomsg. */
const linkHeaderBytes = 16;
const attribute = {
  address: 1,
  ifname: 3,
  master: 10,
  linkInfo: 18,
  extMask: 29,
  peerNamespace: 37,
} as const;
const linkKind = 1;
/** RTNLGRP_LINK. */
const linkGroup = 1;
const notificationBufferBytes = 1 << 20;
/** RTEXT_FILTER_SKIP_STATS: they are most of an answer. */
const skipStatistics = 8;

/** The link of that name; undefined when there is none. */
export function findLink(name: string): Link | undefined {
  return find(0, encodeAttribute(attribute.ifname, Buffer.from(`${name}\0`)));
}

/** The link of that index; undefined when there is none. */
export function findLinkByIndex(index: number): Link | undefined {
  return find(index);
}

function find(index: number, ...wanted: readonly Buffer[]): Link | undefined {
  try {
    const answer = askKernel(protocol.route, { type: getLink }, linkHeader(index), ...wanted);
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
  /** Of links that something was heard of. */
  readonly #heardOf = new Set<number>();
  #newest = 0;

  constructor() {
    this.#take(askForLinks());
  }

  /** As of now. */
  newest(): number {
    this.#take(readNotifications(this.#notifications) ?? askForLinks());
    return this.#newest;
  }

  /** Indexes of what has come after a link, gone or not. */
  bornAfter(newest: number): number[] {
    this.newest();
    return [...this.#heardOf].filter((index) => index > newest);
  }

  /** Nobody will ask for what has come until now. */
  forget(): void {
    this.#heardOf.clear();
  }

  #take(messages: readonly Message[]): void {
    for (const { type, body } of messages) {
      if (type !== newLink) continue;
      const index = body.readInt32LE(4);
      this.#heardOf.add(index);
      this.#newest = Math.max(this.#newest, index);
    }
  }

  [Symbol.dispose](): void {
    this.#notifications[Symbol.dispose]();
  }
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
    mac: textOfMac(attributes.get(attribute.address) ?? []),
    master: attributes.get(attribute.master)?.readUInt32LE(0),
    peerNamespace: attributes.get(attribute.peerNamespace)?.readInt32LE(0),
  };
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
