import type { AttachmentState } from "../contract/attachment.ts";
import type { Comparison, Finding, ResidueKind } from "../contract/residue-report.ts";
import type { HostEnd } from "../filter/attachment.ts";
import type { Inventory } from "./inventory.ts";

/** What there should be of an attachment. */
export interface Expected {
  readonly id: string;
  readonly state: AttachmentState;
  readonly containerId: string;
  /** Without prefix length. */
  readonly addresses: readonly string[];
  /** Of the container's end; "" before it is known. */
  readonly mac: string;
  /** Its leases, `network/address`, where its addresses are leased by host-local. */
  readonly leases: readonly string[];
  /** The host's end; undefined before there is one, and where there never is. */
  readonly hostEnd: HostEnd | undefined;
}

/** Decides what belongs to nothing, and what is missing. Pure. Only right for a machine on which no plugin runs. */
export function compare(inventory: Inventory, expected: readonly Expected[]): Comparison {
  return {
    stray: strayIn(inventory, expected),
    missing: expected.flatMap((one) => missingOf(inventory, one)),
  };
}

function strayIn({ pins, leases, links, elements }: Inventory, expected: readonly Expected[]): Finding[] {
  const ids = new Set(expected.map(({ id }) => id));
  const containerIds = new Set(expected.map(({ containerId }) => containerId));
  const indexes = new Set(expected.map(({ hostEnd }) => hostEnd?.index));
  const known = new Set(expected.flatMap(wordsOf));
  return [
    ...pins.filter((id) => !ids.has(id)).map((name) => finding("pin", name)),
    ...leases
      .filter(({ containerId }) => !containerIds.has(containerId))
      .map(({ path }) => finding("lease", path)),
    ...links
      .filter(({ index, isOnBridge }) => isOnBridge && !indexes.has(index))
      .map(({ name }) => finding("link", name)),
    ...elements
      .filter(({ words }) => !words.some((word) => known.has(word)))
      .map(({ family, set, words }) => finding("rule", `${family} ${set} ${words.join(" ")}`)),
  ];
}

/** An element is somebody's who has a word in it: every one has an address, a MAC or a link in its key. */
function wordsOf({ addresses, mac, hostEnd }: Expected): string[] {
  if (hostEnd === undefined) return [...addresses];
  const bridge = hostEnd.kind === "bridge-port" ? [hostEnd.bridge] : [];
  return [...addresses, mac, hostEnd.name, String(hostEnd.index), ...bridge];
}

/** What is under way, or on its way out, lacks what it lacks. */
function missingOf({ pins, leases, links, elements }: Inventory, expected: Expected): Comparison["missing"] {
  const { id, state, hostEnd } = expected;
  if (state !== "attached") return [];
  const lacking = (isThere: boolean, kind: ResidueKind, name: string) =>
    isThere ? [] : [{ ...finding(kind, name), attachment: id }];
  const present = new Set(leases.map(({ path }) => path));
  // The bridge is others' word as well.
  const words = new Set([...expected.addresses, hostEnd?.name]);
  return [
    ...lacking(pins.includes(id), "pin", id),
    ...expected.leases.flatMap((path) => lacking(present.has(path), "lease", path)),
    ...(hostEnd === undefined
      ? []
      : [
          ...lacking(
            links.some(({ index }) => index === hostEnd.index),
            "link",
            hostEnd.name,
          ),
          ...lacking(
            elements.some((element) => element.words.some((word) => words.has(word))),
            "rule",
            hostEnd.name,
          ),
        ]),
  ];
}

const finding = (kind: ResidueKind, name: string): Finding => ({ kind, name });
