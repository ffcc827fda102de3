import {
  type AddressRange,
  contains,
  overlaps,
  parseAddress,
  parseRange,
} from "../../policy/address/address.ts";
import { whyNotAssignable } from "../../policy/address/subnets.ts";
import { isObject, type Json, type JsonObject } from "./json.ts";
import { rangeSetsOf, subnetOf, textOf } from "./network-facts.ts";

/**
 * host-local's configuration for one attachment, that gives none of the addresses that are kept for who asks for them.
 * A set of ranges stays as it is for who has asked for an address of it, and where all that it has is kept: then they are
 * for everybody.
 * @param kept prefixes
 * @param asked addresses that this attachment is to have
 */
export function withUnaskedRanges(
  ipam: JsonObject,
  kept: readonly string[],
  asked: readonly string[],
): JsonObject {
  if (kept.length === 0) return ipam;
  const [keptRanges, askedRanges] = [kept, asked].map((texts) =>
    texts.flatMap((text) => parseRange(text) ?? []),
  );
  const sets = rangeSetsOf(ipam);
  const narrowed = sets.map((set) => narrowedSet(set, keptRanges ?? [], askedRanges ?? []));
  if (narrowed.every((set, index) => set === sets[index])) return ipam;
  // The older form beside "ranges" is in the sets as well.
  const { subnet: _, rangeStart: _start, rangeEnd: _end, gateway: _gateway, ...others } = ipam;
  return { ...others, ranges: narrowed };
}

function narrowedSet(
  set: readonly Json[],
  kept: readonly AddressRange[],
  asked: readonly AddressRange[],
): readonly Json[] {
  const subnets = set.map((range) => subnetOf(range).range);
  if (asked.some((address) => subnets.some((subnet) => contains(subnet, address)))) return set;
  if (!kept.some((range) => subnets.some((subnet) => overlaps(subnet, range)))) return set;
  const rest = set.flatMap((range) => withoutKept(range, kept));
  return rest.length > 0 ? rest : set;
}

interface Span {
  readonly first: bigint;
  readonly last: bigint;
}

/** The parts of a range that are left without the kept addresses; none without an address that a container can have. */
function withoutKept(json: Json, kept: readonly AddressRange[]): JsonObject[] {
  if (!isObject(json)) return [];
  const subnet = subnetOf(json);
  const { family } = subnet.range;
  const boundary = (value: Json | undefined) =>
    typeof value === "string" ? parseAddress(value)?.first : undefined;
  let spans: Span[] = [
    {
      first: boundary(json.rangeStart) ?? subnet.range.first,
      last: boundary(json.rangeEnd) ?? subnet.range.last,
    },
  ];
  for (const range of kept) if (range.family === family) spans = spans.flatMap((span) => minus(span, range));
  const isAssignable = (value: bigint) =>
    whyNotAssignable({ family, first: value, last: value, text: "" }, [subnet]) === undefined;
  return spans.flatMap(({ first, last }) => {
    // host-local's own ends are the first and the last address that a container can have; the gateway it leaves out itself.
    const start = first === subnet.range.first ? first + 1n : first;
    const end = family === 4 && last === subnet.range.last ? last - 1n : last;
    const isOfUse =
      start < end ? end - start > 1n || isAssignable(start) || isAssignable(end) : isAssignable(start);
    if (start > end || !isOfUse) return [];
    return [{ ...json, rangeStart: textOf(family, start), rangeEnd: textOf(family, end) }];
  });
}

function minus(span: Span, { first, last }: Span): Span[] {
  if (last < span.first || first > span.last) return [span];
  const parts = [
    { first: span.first, last: first - 1n },
    { first: last + 1n, last: span.last },
  ];
  return parts.filter((part) => part.first <= part.last);
}
