import type { AddressRange } from "./address/address.ts";
import type { Limit, PortRange, Publication, RuleKey, RuleValues } from "./policy.ts";

/** What there is to know about one thing that rules can grant. */
interface Dimension<Value> {
  /** The key as it stands in a policy file. */
  readonly key: string;
  /** True when `wide` allows everything that `narrow` allows. */
  readonly covers: (wide: Value, narrow: Value) => boolean;
  /** The value as it would stand in a policy file. */
  readonly show: (value: Value) => string;
}

const count: Omit<Dimension<Limit>, "key"> = {
  covers: (wide, narrow) => sizeOf(wide) >= sizeOf(narrow),
  show: String,
};
const rate: Omit<Dimension<Limit>, "key"> = { ...count, show: showRate };
const permission: Omit<Dimension<boolean>, "key"> = {
  covers: (wide, narrow) => wide || !narrow,
  show: (value) => (value ? "yes" : "no"),
};

export const dimensions: { readonly [Key in RuleKey]: Dimension<RuleValues[Key]> } = {
  attachments: { key: "attachments", ...count },
  addresses: { key: "addresses", ...count },
  staticIps: {
    key: "static-ips",
    covers: (wide, narrow) => narrow.every((range) => coversRange(wide, range)),
    show: (value) => showList(value.map(({ text }) => text)),
  },
  mac: { key: "mac", covers: (wide, narrow) => wide === "chosen" || narrow === "auto", show: String },
  publish: {
    key: "ports",
    covers: (wide, narrow) =>
      narrow.ports.length === 0 ||
      (coversHostIps(wide, narrow) && narrow.ports.every((range) => coversPorts(wide.ports, range))),
    show: showPublication,
  },
  bandwidthIn: { key: "bandwidth-in", ...rate },
  bandwidthOut: { key: "bandwidth-out", ...rate },
  connections: { key: "connections", ...count },
  nested: { key: "nested", ...permission },
  names: { key: "names", ...permission },
};

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

function coversHostIps(wide: Publication, narrow: Publication): boolean {
  const { hostIps } = wide;
  if (hostIps === "any") return true;
  return narrow.hostIps !== "any" && narrow.hostIps.every((address) => coversRange(hostIps, address));
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

function showList(items: readonly string[]): string {
  return items.length === 0 ? "none" : items.join(", ");
}
