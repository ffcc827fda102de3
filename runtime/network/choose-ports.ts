import { CntnrError } from "../errors/cntnr-error.ts";
import { ipFamily } from "./ip-family.ts";
import type { PortMapping, Protocol, RequestedPort } from "./network-request.ts";

/** Ports of the host that one rule gives: `8000-8099/tcp, 53/udp on 192.0.2.1, 198.51.100.0/28`. */
interface PortGrant {
  readonly ranges: readonly { readonly protocol: string; readonly first: number; readonly last: number }[];
  /** Where they may be published: addresses and prefixes; undefined: anywhere. */
  readonly hostIps: readonly string[] | undefined;
}

/** What is known of the ports of the host, each as `8080/tcp`. */
export interface PortKnowledge {
  /** The grants `ports` of the network, in the policy's words. */
  readonly grants: readonly string[];
  /** Published for the user's other containers: taken where the addresses are the same, and so the last to be tried. */
  readonly held: ReadonlySet<string>;
  /** What netd has said that somebody has. */
  readonly taken: ReadonlySet<string>;
}

/** Below are the system's services (RFC 6335, section 6), of which nobody expects another one. */
const firstChosen = 1024;
/** From here on are the ports that no service has by its name (RFC 6335, section 6). */
const firstDynamic = 49_152;
const lastPort = 65_535;

/**
 * A port of the host for each that is to be free, none of them twice. High ones are preferred; among equal ones the first is
 * chosen by chance, so that many who choose at once, or one after the other, seldom want the same.
 * @param random from 0 to below 1
 * Throws CntnrError: `not-permitted` when rules give no such ports, `conflict` when none of them is left.
 */
export function choosePorts(
  requested: readonly RequestedPort[],
  knowledge: PortKnowledge,
  random: () => number = Math.random,
): PortMapping[] {
  const grants = knowledge.grants.flatMap(parseGrant);
  const used = new Set(requested.map(portName));
  const pools = new Map<string, IterableIterator<number>>();
  const poolFor = (port: RequestedPort) => {
    const place = `${port.protocol} ${port.hostIp}`;
    const known = pools.get(place);
    if (known) return known;
    const granted = grantedPorts(grants, port);
    if (granted.length === 0) throw noneGiven(port);
    const pool = inOrder(granted, port.protocol, knowledge, random).values();
    pools.set(place, pool);
    return pool;
  };
  return requested.map((port) => {
    const { hostPort, protocol } = port;
    if (hostPort !== "free") return { ...port, hostPort };
    // Goes on where the last one of the same pool ended: a loop would close the iterator.
    const pool = poolFor(port);
    for (let next = pool.next(); !next.done; next = pool.next()) {
      const name = `${next.value}/${protocol}`;
      if (used.has(name)) continue;
      used.add(name);
      return { ...port, hostPort: next.value };
    }
    throw noneLeft(port);
  });
}

/** `8080/tcp`. */
export function portName({ hostPort, protocol }: Pick<RequestedPort, "hostPort" | "protocol">): string {
  return `${hostPort}/${protocol}`;
}

function noneGiven(port: RequestedPort): CntnrError {
  return new CntnrError(
    "not-permitted",
    `no free ${describe(port)} can be chosen: no rule gives you any from ${firstChosen} on`,
  );
}

function noneLeft(port: RequestedPort): CntnrError {
  return new CntnrError("conflict", `no ${describe(port)} is free of those that rules give you`);
}

function describe({ hostIp, protocol, containerPort }: RequestedPort): string {
  return `${protocol} port of ${hostIp === "" ? "the host" : hostIp} for ${containerPort}/${protocol}`;
}

/** One value of a policy's `ports`; rules of several addresses are separated by semicolons. */
function parseGrant(text: string): PortGrant[] {
  return text.split("; ").map((publication) => {
    const [ports = "", hostIps] = publication.split(" on ");
    return {
      ranges: ports.split(", ").flatMap((range) => {
        const [, first, last = first, protocol] = /^(\d+)(?:-(\d+))?\/(\w+)$/.exec(range) ?? [];
        return protocol === undefined ? [] : [{ protocol, first: Number(first), last: Number(last) }];
      }),
      hostIps: hostIps?.split(", "),
    };
  });
}

/** Upwards, each once. */
function grantedPorts(grants: readonly PortGrant[], { protocol, hostIp }: RequestedPort): number[] {
  const ranges = grants
    .filter(({ hostIps }) => hostIp === "" || hostIps === undefined || isOn(hostIps, hostIp))
    .flatMap((grant) => grant.ranges)
    .filter((range) => range.protocol === protocol);
  const ports = new Set<number>();
  for (const { first, last } of ranges)
    for (let port = Math.max(first, firstChosen); port <= Math.min(last, lastPort); port++) ports.add(port);
  return [...ports].toSorted((one, other) => one - other);
}

/** 0.0.0.0 and :: stand for all that is given of their family. */
function isOn(hostIps: readonly string[], hostIp: string): boolean {
  const { BlockList, isIP } = process.getBuiltinModule("node:net");
  const family = ipFamily(hostIp);
  const type = family === 6 ? "ipv6" : "ipv4";
  const ofFamily = hostIps.filter((text) => isIP(text.split("/")[0] ?? "") === family);
  if (hostIp === "0.0.0.0" || hostIp === "::") return ofFamily.length > 0;
  const list = new BlockList();
  for (const text of ofFamily) {
    const [address = "", length] = text.split("/");
    list.addSubnet(address, Number(length ?? (family === 6 ? 128 : 32)), type);
  }
  return list.check(hostIp, type);
}

/** In the order in which they are tried. */
function inOrder(
  granted: readonly number[],
  protocol: Protocol,
  { held, taken }: PortKnowledge,
  random: () => number,
): number[] {
  const takenPorts = portsOf(taken, protocol);
  const heldPorts = portsOf(held, protocol);
  const left = granted.filter((port) => !takenPorts.has(port));
  const unheld = left.filter((port) => !heldPorts.has(port));
  return [
    ...rotated(
      unheld.filter((port) => port >= firstDynamic),
      random,
    ),
    ...rotated(
      unheld.filter((port) => port < firstDynamic),
      random,
    ),
    ...left.filter((port) => heldPorts.has(port)),
  ];
}

/** The numbers of those that are of the protocol: a grant may be of all ports that there are. */
function portsOf(names: ReadonlySet<string>, protocol: Protocol): ReadonlySet<number> {
  const ofProtocol = [...names].filter((name) => name.endsWith(`/${protocol}`));
  return new Set(ofProtocol.map((name) => Number.parseInt(name, 10)));
}

/** From a place of chance on, and then from the beginning: several for one container are neighbours. */
function rotated(ports: readonly number[], random: () => number): number[] {
  const start = Math.floor(random() * ports.length);
  return [...ports.slice(start), ...ports.slice(0, start)];
}
