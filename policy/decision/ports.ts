import { contains, parseAddress } from "../address/address.ts";
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

/** Judges the ports that a request publishes. A request has `approved` only as a whole. */
export function examinePorts(
  rules: readonly Rule[],
  ports: readonly PortRequest[],
): { findings: Finding[]; approved: ApprovedPort[] } {
  const statements = statementsOf(rules, "publish");
  const approved: ApprovedPort[] = [];
  const findings = ports.map((port) => {
    const { finding, hostIps } = examinePort(statements, port);
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
  statements: readonly Statement<Publication>[],
  port: PortRequest,
): { finding: Finding; hostIps: readonly string[] } {
  const hostIp = port.hostIp === undefined ? undefined : parseAddress(port.hostIp);
  const isPort = [port.hostPort, port.containerPort].every(
    (n) => Number.isInteger(n) && n >= 1 && n <= 65535,
  );
  if (!isPort || (port.hostIp !== undefined && !hostIp))
    return {
      finding: denied("port", "malformed", "a port to publish, or its address, is not one"),
      hostIps: [],
    };
  const aspect = `port ${hostIp ? `${port.hostPort}/${port.protocol} on ${hostIp.text}` : `${port.hostPort}/${port.protocol}`}`;
  const range = { protocol: port.protocol, first: port.hostPort, last: port.hostPort };
  const withPort = statements.filter(({ value }) => coversPorts(value.ports, range));
  const granting = withPort.filter(({ value: { hostIps } }) => {
    if (!hostIp) return true;
    return hostIps === "any" || hostIps.some((address) => contains(address, hostIp));
  });
  if (granting.length > 0) {
    const text = `is in ports = ${granting.map(({ value }) => dimensions.publish.show(value)).join("; ")}`;
    return {
      finding: granted(aspect, text, granting),
      hostIps: hostIp ? [hostIp.text] : grantedHostIps(granting),
    };
  }
  const text =
    statements.length === 0
      ? "no rule gives ports"
      : withPort.length > 0
        ? "may be published, but not on that address"
        : "is in none of the ports given";
  const by = withPort.length > 0 ? withPort : statements;
  return { finding: denied(aspect, "not-granted", text, by), hostIps: [] };
}

/** Where a port goes that is asked for without an address: wherever its rules let it. */
function grantedHostIps(granting: readonly Statement<Publication>[]): readonly string[] {
  const all = granting.map(({ value }) => value.hostIps);
  if (all.includes("any")) return wildcards;
  return [...new Set(all.flatMap((hostIps) => (hostIps === "any" ? [] : hostIps.map(({ text }) => text))))];
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
  const isWildcard = (address: string) => wildcards.some((wildcard) => wildcard === address);
  if (isIpv6(one) !== isIpv6(other)) return false;
  return one === other || isWildcard(one) || isWildcard(other);
}
