import { type Lease, listLeases } from "../cni/leases.ts";
import type { ResidueReport } from "../contract/residue-report.ts";
import { listLinks } from "../netlink/links.ts";
import { runChild } from "../process/run-child.ts";

/** The host's end of a veth pair. */
export interface HostLink {
  readonly index: number;
  readonly name: string;
  /** Whether it is a port of one of netd's bridges. */
  readonly isOnBridge: boolean;
}

/** One element of a set or map of netd's tables, with all that it is made of. */
export interface TableElement {
  readonly family: string;
  readonly set: string;
  /** Addresses, names, numbers. */
  readonly words: readonly string[];
}

/** What is on the machine that attachments can have left. */
export interface Inventory {
  readonly pins: readonly string[];
  readonly leases: readonly Lease[];
  readonly links: readonly HostLink[];
  readonly elements: readonly TableElement[];
}

export interface Places {
  readonly pins: readonly string[];
  readonly leaseDir: string;
  /** Names of netd's bridges. */
  readonly bridges: readonly string[];
}

/** How much was looked at. */
export function extentOf(
  { pins, leases, links, elements }: Inventory,
  records: number,
): ResidueReport["looked"] {
  return {
    records,
    pins: pins.length,
    leases: leases.length,
    links: links.length,
    rules: elements.length,
  };
}

/** Looks everywhere. Throws when it cannot look somewhere: then nothing is known to be left or not. */
export async function takeInventory({ pins, leaseDir, bridges }: Places): Promise<Inventory> {
  return { pins, leases: listLeases(leaseDir), links: linksOf(bridges), elements: await listElements() };
}

function linksOf(bridges: readonly string[]): HostLink[] {
  const links = listLinks();
  const indexes = new Set(links.filter(({ name }) => bridges.includes(name)).map(({ index }) => index));
  return links
    .filter(({ kind }) => kind === "veth")
    .map(({ index, name, master }) => ({
      index,
      name,
      isOnBridge: master !== undefined && indexes.has(master),
    }));
}

const nft = "/usr/sbin/nft";
const families = ["bridge", "inet", "arp"];
/** A thousand attachments are a megabyte. */
const maxOutputBytes = 1 << 26;

async function listElements(): Promise<TableElement[]> {
  return (await Promise.all(families.map(listElementsOf))).flat();
}

async function listElementsOf(family: string): Promise<TableElement[]> {
  const { exitCode, stdout, stderr } = await runChild({
    command: nft,
    args: ["--json", "list", "table", family, "cntnr_netd"],
    stdin: "",
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C" },
    timeoutMs: 30_000,
    maxOutputBytes,
  });
  if (exitCode !== 0 && stderr.includes("No such file or directory")) return [];
  if (exitCode !== 0) throw new Error(`nft list table ${family} cntnr_netd: ${stderr.trim()}`);
  return elementsIn(family, JSON.parse(stdout));
}

/** libnftables-json(5): the elements of all sets and maps of a listing. */
export function elementsIn(family: string, listing: unknown): TableElement[] {
  const objects = (listing as { nftables?: unknown[] }).nftables ?? [];
  return objects.flatMap((object) => {
    const { set, map } = object as Record<string, { name?: string; elem?: unknown[] } | undefined>;
    return [set, map].flatMap((one) =>
      (one?.elem ?? []).map((element) => ({ family, set: one?.name ?? "", words: wordsIn(element) })),
    );
  });
}

function wordsIn(value: unknown): string[] {
  if (typeof value === "string" || typeof value === "number") return [String(value)];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(wordsIn);
}
