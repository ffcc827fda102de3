import { CntnrError } from "../errors/cntnr-error.ts";
import { ipFamily } from "../network/ip-family.ts";
import { type Protocol, protocols, type RequestedPort } from "../network/network-request.ts";

/** More are no container's: netd takes no longer list. */
export const mostPorts = 256;

/**
 * All `-p` of a command line: `[[HOST-IP:][PORT[-PORT]]:]PORT[-PORT][/PROTOCOL]`, an IPv6 address in brackets; without a port of the
 * host a free one is chosen for each of the container's. Throws CntnrError.
 */
export function parsePublishFlags(texts: readonly string[]): RequestedPort[] {
  const ports = texts.flatMap(parsePublishFlag);
  if (ports.length > mostPorts)
    throw new CntnrError("usage", `-p: more than ${mostPorts} ports cannot be published`);
  const named = ports.filter(({ hostPort }) => hostPort !== "free");
  const places = named.map(({ hostIp, hostPort, protocol }) => `${protocol} ${hostPort} ${hostIp}`);
  const twice = named.find((_, index) => places.indexOf(places[index] ?? "") !== index);
  if (twice) throw new CntnrError("usage", `-p: port ${twice.hostPort}/${twice.protocol} is published twice`);
  return ports;
}

const form = /^(?:(?:(?:\[([^\]]*)\]|([^:[\]]*)):)?(?:(\d+)(?:-(\d+))?)?:)?(\d+)(?:-(\d+))?(?:\/(\w+))?$/;

function parsePublishFlag(text: string): RequestedPort[] {
  const fail = (why: string) => new CntnrError("usage", `-p ${text}: ${why}`);
  const match = form.exec(text);
  if (!match)
    throw fail(
      "must be [HOST-IP:]PORT:CONTAINER-PORT[/PROTOCOL], for example 8080:80, or CONTAINER-PORT alone for a free port of the host",
    );
  const [, ipv6, ipv4, ...rest] = match;
  const hostIp = ipv6 ?? ipv4 ?? "";
  if (hostIp !== "" && ipFamily(hostIp) === 0)
    throw fail(`"${hostIp}" is no address (IPv6 is written in brackets)`);
  const [hostFirst, hostLast, first, last] = rest.map((digits) =>
    digits === undefined ? undefined : Number(digits),
  );
  const container = rangeOf(first, last);
  const host = hostFirst === undefined ? container?.map(() => "free" as const) : rangeOf(hostFirst, hostLast);
  if (!host || !container) throw fail("ports are numbers from 1 to 65535, and a range goes upwards");
  if (host.length !== container.length) throw fail("the two ranges are not equally long");
  const protocol = protocolOf(match[7] ?? "tcp");
  if (!protocol) throw fail(`the protocol is one of ${protocols.join(", ")}`);
  return container.map((containerPort, index) => ({
    hostIp,
    hostPort: host[index] ?? containerPort,
    containerPort,
    protocol,
  }));
}

/** The ports of a range that has both ends; undefined for anything that is none. */
function rangeOf(first: number | undefined, last = first): number[] | undefined {
  if (first === undefined || last === undefined || first < 1 || last > 65535 || last < first)
    return undefined;
  return Array.from({ length: Math.min(last - first + 1, mostPorts + 1) }, (_, index) => first + index);
}

function protocolOf(text: string): Protocol | undefined {
  return protocols.find((protocol) => protocol === text.toLowerCase());
}
