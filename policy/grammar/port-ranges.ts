import type { PortRange, Protocol } from "../policy.ts";
import { ValueError } from "./values.ts";

export const protocols: readonly Protocol[] = ["tcp", "udp", "sctp"];
/** Ports below are the system's (RFC 6335): a user gets one only where the rule says its number. */
const firstUserPort = 1024;
export const highestPort = 65535;

const rangeForm = /^([1-9][0-9]{0,4})(?:-([1-9][0-9]{0,4}))?\/([a-z]+)$/;

/**
 * `443/tcp`, `8000-8999/udp`, or a protocol alone for all of its ports from 1024 on. A range does not cross 1024, so
 * that nobody is given ports of the system by accident. Throws ValueError.
 */
export function parsePublishedPorts(text: string): PortRange {
  const protocol = protocols.find((candidate) => candidate === text);
  if (protocol) return { protocol, first: firstUserPort, last: highestPort };
  const range = parsePortRange(text);
  if (range.first < firstUserPort && range.last >= firstUserPort)
    throw new ValueError(
      `goes over 1024; write ${range.first}-1023/${range.protocol} and 1024-${range.last}/${range.protocol} if both are meant`,
    );
  return range;
}

/** `53/udp` or `8000-8999/tcp`. Throws ValueError. */
export function parsePortRange(text: string): PortRange {
  const [, from, to, name] = rangeForm.exec(text) ?? [];
  const protocol = protocols.find((candidate) => candidate === name);
  const first = Number(from);
  const last = Number(to ?? from);
  if (!protocol || !(last <= highestPort))
    throw new ValueError(
      "must be PORT/PROTOCOL or FIRST-LAST/PROTOCOL with ports from 1 to 65535 and tcp, udp or sctp",
    );
  if (first > last) throw new ValueError("has the higher port first");
  return { protocol, first, last };
}
