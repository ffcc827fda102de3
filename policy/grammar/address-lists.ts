import { type AddressRange, parseAddress, parseInterfaceAddress, parseRange } from "../address/address.ts";
import { listOf, ValueError, type ValueParser } from "./values.ts";

function parseRangeStrictly(text: string): AddressRange {
  const range = parseRange(text);
  if (range) return range;
  const network = parseInterfaceAddress(text)?.network.text;
  throw new ValueError(
    network === undefined
      ? "must be IPv4 or IPv6 addresses or prefixes, as 10.20.0.64/27 or 2001:db8::/64"
      : `has bits behind the prefix; the network is ${network}`,
  );
}

function parseSingleAddress(text: string): AddressRange {
  const address = parseAddress(text);
  if (address?.first === 0n) throw new ValueError("names no address; all of them are the word any, alone");
  if (address) return address;
  throw new ValueError("must be any, or single IPv4 or IPv6 addresses");
}

/** A list of addresses and prefixes. Throws ValueError. */
export const parseRanges: ValueParser<readonly AddressRange[]> = listOf(parseRangeStrictly);

/** `any`, or a list of addresses of the host. Throws ValueError. */
export function parseHostIps(text: string): "any" | readonly AddressRange[] {
  if (text === "none") throw new ValueError("cannot be none; write ports = none to grant no ports");
  return text === "any" ? text : listOf(parseSingleAddress)(text);
}
