import type { HostEntry, NameOptions, NetworkMode } from "../container/container-options.ts";
import { CntnrError } from "../errors/cntnr-error.ts";

/** The files of a bundle that are bound over the image's own: hosts(5), resolv.conf(5), hostname(5). */
export interface NetworkFiles {
  readonly hosts: string;
  readonly resolvConf: string;
  readonly hostname: string;
}

/** What the host's own files say. */
export interface HostNames {
  readonly hostname: string;
  readonly hosts: string;
  readonly resolvConf: string;
}

const loopbackHosts = `127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::\tip6-localnet
ff00::\tip6-mcastprefix
ff02::1\tip6-allnodes
ff02::2\tip6-allrouters
`;

/**
 * The contents at a container's start; at networks of netd's the hook adds addresses, and name servers if the network has some.
 * On the host's network all is as on the host, but for what is asked. Throws CntnrError for what the network cannot have.
 */
export function networkFiles(
  network: NetworkMode,
  hostname: string,
  options: NameOptions,
  host: HostNames,
): NetworkFiles {
  const added = (options.addHosts ?? []).map((entry) => hostLine(entry, network)).join("");
  const resolvConf = applyNameOptions(
    network.kind === "host" ? host.resolvConf : withoutLoopbackServers(host.resolvConf),
    options,
  );
  const hosts =
    network.kind === "host"
      ? `${host.hosts || loopbackHosts}${ownLine(hostname, options)}`
      : `${loopbackHosts}${network.kind === "none" ? nameLine(hostname, options) : ""}`;
  return { hosts: hosts + added, resolvConf, hostname: `${hostname}\n` };
}

/** A container's own name, where it has no address but the loopback's. */
function nameLine(hostname: string, { domainname }: NameOptions): string {
  const names = domainname === undefined ? hostname : `${hostname}.${domainname}\t${hostname}`;
  return `127.0.0.1\t${names}\n`;
}

/** On the host's network only a name that is not the host's needs a line. */
function ownLine(hostname: string, options: NameOptions): string {
  const isOwn = options.hostname !== undefined || options.domainname !== undefined;
  return isOwn ? nameLine(hostname, options) : "";
}

function hostLine({ name, address }: HostEntry, network: NetworkMode): string {
  if (address !== "host-gateway") return `${address}\t${name}\n`;
  if (network.kind === "host") return `127.0.0.1\t${name}\n`;
  throw new CntnrError(
    "unsupported",
    `--add-host ${name}:host-gateway: this network does not tell the host's address; give it in numbers`,
  );
}

/** resolv.conf(5) without the name servers on 127.0.0.0/8 and ::1, which on another network are nobody's. */
function withoutLoopbackServers(text: string): string {
  return text
    .split("\n")
    .filter((line) => !/^\s*nameserver\s+(?:127\.|::1\s*$)/.test(line))
    .join("\n");
}

/** Each kind of line that is asked for replaces the host's of that kind, as docker does it. */
function applyNameOptions(text: string, { dns = [], dnsSearch = [], dnsOptions = [] }: NameOptions): string {
  if (dns.length + dnsSearch.length + dnsOptions.length === 0) return text;
  const replaced = [
    ...(dns.length > 0 ? ["nameserver"] : []),
    ...(dnsSearch.length > 0 ? ["search", "domain"] : []),
    ...(dnsOptions.length > 0 ? ["options"] : []),
  ];
  const kept = text
    .split("\n")
    .filter((line) => line.trim() !== "" && !replaced.includes(line.trim().split(/\s+/, 1)[0] ?? ""));
  const search = dnsSearch.filter((domain) => domain !== ".");
  const lines = [
    ...(search.length > 0 ? [`search ${search.join(" ")}`] : []),
    ...dns.map((server) => `nameserver ${server}`),
    ...(dnsOptions.length > 0 ? [`options ${dnsOptions.join(" ")}`] : []),
  ];
  return [...kept, ...lines].map((line) => `${line}\n`).join("");
}
