import { type AddressRange, contains, parseAddress } from "../address/address.ts";
import { coversPorts, dimensions } from "../dimensions.ts";
import type { Protocol, Publication, Rule } from "../policy.ts";
import { denied, type Finding, granted } from "./finding.ts";
import type { PortRequest } from "./request.ts";
import { type Statement, statementsOf } from "./statements.ts";

/** A port that is published: on these addresses of the host, `0.0.0.0` and `::` standing for all of their family. */
export interface ApprovedPort {
  readonly hostIps: readonly string[];
  readonly hostPort: number;
  readonly containerPort: number;
  readonly protocol: Protocol;
}

const wildcards = ["0.0.0.0", "::"] as const;

/** All of one family: what rules give of it is meant, as without an address. */
function isWildcard(address: string): boolean {
  return wildcards.some((wildcard) => wildcard === address);
}

/** One publication that a rule offers: its ports belong to its own addresses. */
interface Offer extends Statement<readonly Publication[]> {
  readonly publication: Publication;
}

/** Judges the ports that a request publishes. A request has `approved` only as a whole. */
export function examinePorts(
  rules: readonly Rule[],
  ports: readonly PortRequest[],
): { findings: Finding[]; approved: ApprovedPort[] } {
  const offers = statementsOf(rules, "publish").flatMap((statement) =>
    statement.value.map((publication) => ({ ...statement, publication })),
  );
  const approved: ApprovedPort[] = [];
  const findings = ports.map((port) => {
    const { finding, hostIps } = examinePort(offers, port);
    const { hostPort, containerPort, protocol } = port;
    const result = { hostIps, hostPort, containerPort, protocol };
    if (approved.some((other) => clashes(other, result)))
      return denied(finding.aspect, "malformed", "is published twice");
    approved.push(result);
    return finding;
  });
  return { findings, approved };
}

function examinePort(
  offers: readonly Offer[],
  { hostIp: text, hostPort, containerPort, protocol }: PortRequest,
): { finding: Finding; hostIps: readonly string[] } {
  const hostIp = text === undefined ? undefined : parseAddress(text);
  if (!isPort(hostPort) || !isPort(containerPort) || (text !== undefined && !hostIp)) {
    const finding = denied("port", "malformed", "a port to publish, or its address, is not one");
    return { finding, hostIps: [] };
  }
  const aspect = `port ${hostPort}/${protocol}${hostIp ? ` on ${hostIp.text}` : ""}`;
  const range = { protocol, first: hostPort, last: hostPort };
  const withPort = offers.filter(({ publication }) => coversPorts(publication.ports, range));
  const granting = withPort.filter(({ publication }) => !hostIp || isOn(publication, hostIp));
  const isOne = hostIp !== undefined && !isWildcard(hostIp.text);
  if (granting.length === 0) return { finding: deniedPort(aspect, offers, withPort), hostIps: [] };
  const shown = granting.map(({ value }) => dimensions.publish.show(value)).join("; ");
  return {
    finding: granted(aspect, `is in ports = ${shown}`, granting),
    hostIps: isOne ? [hostIp.text] : offeredHostIps(granting, hostIp?.family),
  };
}

function deniedPort(aspect: string, offers: readonly Offer[], withPort: readonly Offer[]): Finding {
  if (offers.length === 0) return denied(aspect, "not-granted", "no rule gives ports");
  if (withPort.length === 0) return denied(aspect, "not-granted", "is in none of the ports given", offers);
  return denied(aspect, "not-granted", "may be published, but not on that address", withPort);
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65535;
}

function isOn({ hostIps }: Publication, hostIp: AddressRange): boolean {
  if (hostIps === "any") return true;
  if (isWildcard(hostIp.text)) return hostIps.some(({ family }) => family === hostIp.family);
  return hostIps.some((address) => contains(address, hostIp));
}

/** Where a port goes that is asked for without an address, or on all of one family: wherever its rules let it. */
function offeredHostIps(offers: readonly Offer[], family: 4 | 6 | undefined): readonly string[] {
  const all = offers.map(({ publication }) => publication.hostIps);
  if (all.includes("any"))
    return wildcards.filter((_, index) => family === undefined || family === [4, 6][index]);
  const listed = all.flatMap((hostIps) => (hostIps === "any" ? [] : hostIps));
  const wanted = listed.filter((address) => family === undefined || family === address.family);
  return [...new Set(wanted.map(({ text }) => text))];
}

function clashes(a: ApprovedPort, b: ApprovedPort): boolean {
  return (
    a.protocol === b.protocol &&
    a.hostPort === b.hostPort &&
    a.hostIps.some((one) => b.hostIps.some((other) => isSamePlace(one, other)))
  );
}

function isSamePlace(one: string, other: string): boolean {
  const isIpv6 = (address: string) => address.includes(":");
  if (isIpv6(one) !== isIpv6(other)) return false;
  return one === other || isWildcard(one) || isWildcard(other);
}
