import type { AddressRange } from "./address/address.ts";
import type { Limit, PortRange, Publication, RuleKey, RuleValues } from "./policy.ts";

/** What there is to know about one thing that rules can grant. */
interface Dimension<Value> {
  /** The key as it stands in a policy file. */
  readonly key: string;
  /** What holds where no rule says anything. */
  readonly fallback: Value;
  /** What several rules of one level come to together. */
  readonly join: (one: Value, other: Value) => Value;
  /** True when `wide` allows everything that `narrow` allows. */
  readonly covers: (wide: Value, narrow: Value) => boolean;
  /** The value as it would stand in a policy file. */
  readonly show: (value: Value) => string;
}

/** A dimension in which of any two values one covers the other: together they are the larger. */
function ordered<Value>(
  covers: (wide: Value, narrow: Value) => boolean,
  show: (value: Value) => string = String,
): Pick<Dimension<Value>, "covers" | "join" | "show"> {
  return { covers, join: (one, other) => (covers(one, other) ? one : other), show };
}

const coversLimit = (wide: Limit, narrow: Limit) => sizeOf(wide) >= sizeOf(narrow);
const count = ordered(coversLimit);
const rate = ordered(coversLimit, showRate);
const permission = ordered<boolean>(
  (wide, narrow) => wide || !narrow,
  (value) => (value ? "yes" : "no"),
);

/** Enough for a busy service, and far from all that the host has (D9). */
const fewConnections = 4096;
/** Enough for a person's services; each is a socket of this service's, and nobody else's to have. */
const fewPorts = 128;

export const dimensions: { readonly [Key in RuleKey]: Dimension<RuleValues[Key]> } = {
  attachments: { key: "attachments", fallback: 0, ...count },
  // The attachments limit the addresses, too: none has more than its network gives.
  addresses: { key: "addresses", fallback: "unlimited", ...count },
  publishedPorts: { key: "published-ports", fallback: fewPorts, ...count },
  staticIps: {
    key: "static-ips",
    fallback: [],
    covers: (wide, narrow) => narrow.every((range) => coversRange(wide, range)),
    join: (one, other) => [...one, ...other],
    show: (value) => showList(value.map(({ text }) => text)),
  },
  mac: { key: "mac", fallback: "auto", ...ordered((wide, narrow) => wide === "chosen" || narrow === "auto") },
  publish: {
    key: "ports",
    fallback: [],
    covers: (wide, narrow) => narrow.every((publication) => coversPublication(wide, publication)),
    join: (one, other) => [...one, ...other],
    show: (value) => showList(value.filter(({ ports }) => ports.length > 0).map(showPublication), "; "),
  },
  bandwidthIn: { key: "bandwidth-in", fallback: "unlimited", ...rate },
  bandwidthOut: { key: "bandwidth-out", fallback: "unlimited", ...rate },
  connections: { key: "connections", fallback: fewConnections, ...count },
  nested: { key: "nested", fallback: false, ...permission },
  names: { key: "names", fallback: false, ...permission },
};

/** What comes with attachments: the rule that gives these gives them with all of their limits. */
export const limitKeys = [
  "addresses",
  "publishedPorts",
  "bandwidthIn",
  "bandwidthOut",
  "connections",
] as const;

export const ruleKeys = Object.keys(dimensions) as RuleKey[];

/** A limit as a number that can be compared. */
export function sizeOf(limit: Limit): number {
  return limit === "unlimited" ? Number.POSITIVE_INFINITY : limit;
}

/** True when the ranges together have every address of `inner`. */
function coversRange(ranges: readonly AddressRange[], inner: AddressRange): boolean {
  return isFilled(
    ranges.filter(({ family }) => family === inner.family),
    inner,
  );
}

/** True when the ranges together have every port of `inner`. */
export function coversPorts(ranges: readonly PortRange[], inner: PortRange): boolean {
  const span = ({ first, last }: PortRange) => ({ first: BigInt(first), last: BigInt(last) });
  return isFilled(ranges.filter(({ protocol }) => protocol === inner.protocol).map(span), span(inner));
}

interface Span {
  readonly first: bigint;
  readonly last: bigint;
}

function isFilled(spans: readonly Span[], whole: Span): boolean {
  let next = whole.first;
  for (const { first, last } of spans.toSorted((a, b) => (a.first < b.first ? -1 : 1))) {
    if (first > next) return false;
    if (last >= whole.last) return true;
    if (last >= next) next = last + 1n;
  }
  return false;
}

/** Ports and addresses of one publication belong together: those of several are not mixed. */
function coversPublication(wide: readonly Publication[], narrow: Publication): boolean {
  const ports = wide
    .filter(({ hostIps }) => coversHostIps(hostIps, narrow.hostIps))
    .flatMap((one) => one.ports);
  return narrow.ports.every((range) => coversPorts(ports, range));
}

function coversHostIps(wide: Publication["hostIps"], narrow: Publication["hostIps"]): boolean {
  if (wide === "any") return true;
  return narrow !== "any" && narrow.every((address) => coversRange(wide, address));
}

/** Bits in a second with the largest unit that fits: `200M`. */
function showRate(limit: Limit): string {
  if (limit === "unlimited") return limit;
  const units = [
    ["G", 1e9],
    ["M", 1e6],
    ["k", 1e3],
  ] as const;
  const unit = units.find(([, factor]) => limit % factor === 0);
  return unit ? `${limit / unit[1]}${unit[0]}` : String(limit);
}

function showPublication({ ports, hostIps }: Publication): string {
  const list = showList(ports.map(showPorts));
  return hostIps === "any" ? list : `${list} on ${showList(hostIps.map(({ text }) => text))}`;
}

/** `443/tcp`, `8000-8999/udp`. */
export function showPorts({ protocol, first, last }: PortRange): string {
  return first === last ? `${first}/${protocol}` : `${first}-${last}/${protocol}`;
}

function showList(items: readonly string[], separator = ", "): string {
  return items.length === 0 ? "none" : items.join(separator);
}
