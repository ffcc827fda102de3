import { parseAddress } from "../../policy/address/address.ts";
import { faultOfMac } from "../../policy/decision/addresses.ts";
import type { PortRequest } from "../../policy/decision/request.ts";
import type { AttachRequest__Output } from "../../proto/generated/types/cntnr/netd/v1/AttachRequest.ts";
import type { PublishedPort__Output } from "../../proto/generated/types/cntnr/netd/v1/PublishedPort.ts";
import { interfaceNamePattern, networkNamePattern, type Protocol, planLimits } from "../contract/plan.ts";
import { highestDescriptor } from "../contract/worker-calls.ts";
import { Refusal } from "../errors.ts";

/** What a caller asks, every string on its allow-list (R4, R15). */
export interface AttachIntent {
  readonly network: string;
  readonly interface: string;
  readonly idempotencyKey: string;
  /** Descriptor numbers in the caller's process. */
  readonly netnsFd: number;
  readonly leaseFd: number;
  readonly checkOnly: boolean;
  /** In canonical form, at most one of each family. */
  readonly addresses: readonly string[];
  /** Lower case; undefined: any. */
  readonly mac: string | undefined;
  readonly ports: readonly PortRequest[];
}

const networkName = new RegExp(networkNamePattern);
const interfaceName = new RegExp(interfaceNamePattern);
const reservedInterfaces = new Set(["all", "default", "lo"]);
const key = /^[A-Za-z0-9_.-]{1,128}$/;
const macCharacters = "02:00:00:00:00:05".length;
/** The longest that an address can be written; longer ones are not looked at. */
const longestAddress = 39;

/** Validates the message once, at the edge. Throws Refusal `invalid`; the text never repeats the caller's bytes. */
export function parseAttachRequest(message: AttachRequest__Output): AttachIntent {
  require(networkName.test(message.network), "network is not a network name");
  const name = message.interface === "" ? "eth0" : message.interface;
  require(interfaceName.test(name) && !reservedInterfaces.has(name), "interface is not an interface name");
  if (!message.checkOnly) {
    require(key.test(message.idempotencyKey), "idempotency_key is not 1 to 128 letters, digits, _ . -");
    require(message.netnsFd <= highestDescriptor, "netns_fd is not a descriptor number");
    require(message.leaseFd <= highestDescriptor, "lease_fd is not a descriptor number");
  }
  return {
    network: message.network,
    interface: name,
    idempotencyKey: message.idempotencyKey,
    netnsFd: message.netnsFd,
    leaseFd: message.leaseFd,
    checkOnly: message.checkOnly,
    addresses: parseAddresses(message.addresses),
    mac: parseMac(message.mac),
    ports: parsePorts(message.ports),
  };
}

function parseAddresses(texts: readonly string[]): string[] {
  require(texts.length <= 2, "addresses has more than one of each family");
  const families = new Set<number>();
  const addresses = texts.map((text) => {
    const address = text.length <= longestAddress ? parseAddress(text) : undefined;
    if (!address) throw malformed("addresses has one that is not an IPv4 or IPv6 address without prefix");
    families.add(address.family);
    return address.text;
  });
  require(families.size === texts.length, "addresses has more than one of each family");
  return addresses;
}

function parseMac(text: string): string | undefined {
  if (text === "") return undefined;
  const mac = text.length === macCharacters ? text.toLowerCase() : "";
  const fault = faultOfMac(mac);
  if (fault !== undefined) throw malformed(`mac ${fault}`);
  return mac;
}

const protocolOf = new Map<unknown, Protocol>([
  ["PROTOCOL_TCP", "tcp"],
  ["PROTOCOL_UDP", "udp"],
  ["PROTOCOL_SCTP", "sctp"],
]);

function parsePorts(ports: readonly PublishedPort__Output[]): PortRequest[] {
  require(ports.length <= planLimits.ports, `ports has more than ${planLimits.ports}`);
  const parsed = ports.map(parsePort);
  const places = new Set(parsed.map(({ hostIp, hostPort, protocol }) => `${protocol} ${hostPort} ${hostIp}`));
  require(places.size === parsed.length, "ports publishes one twice");
  return parsed;
}

function parsePort({
  hostIp,
  hostPort,
  containerPort,
  protocol: number,
}: PublishedPort__Output): PortRequest {
  const protocol = protocolOf.get(number);
  if (!protocol) throw malformed("ports has one whose protocol is not known here");
  const isPort = (port: number) => port >= 1 && port <= 65535;
  require(isPort(hostPort) && isPort(containerPort), "ports has one that is not 1 to 65535");
  return { hostIp: parseHostIp(hostIp), hostPort, containerPort, protocol };
}

function parseHostIp(text: string): string | undefined {
  if (text === "") return undefined;
  const address = text.length <= longestAddress ? parseAddress(text) : undefined;
  if (!address) throw malformed("ports has a host_ip that is not an address");
  return address.text;
}

const attachmentId = /^[0-9a-f]{32}$/;

/** An attachment id as sent, or undefined: then there is nothing to detach. */
export function parseAttachmentId(text: string): string | undefined {
  return attachmentId.test(text) ? text : undefined;
}

function require(condition: boolean, message: string): void {
  if (!condition) throw malformed(message);
}

function malformed(message: string): Refusal {
  return new Refusal("invalid", `malformed request: ${message}`);
}
