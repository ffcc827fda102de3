import { CntnrError } from "../errors/cntnr-error.ts";
import { ipFamily } from "../network/ip-family.ts";
import { type NetworkRequest, plainNetwork, type RequestedPort } from "../network/network-request.ts";
import type { NetworkMode } from "./container-options.ts";

/** Other programs' words for networks that are none of ours. */
const foreign = /^(?:bridge|default|slirp4netns(?::.*)?|pasta(?::.*)?|ns:.*|private)$/;

/** What flags of their own ask of the first network. */
export interface FirstNetworkFlags {
  readonly ip?: string | undefined;
  readonly ip6?: string | undefined;
  readonly mac?: string | undefined;
  readonly ports?: readonly RequestedPort[];
  /** `-P`: what is exposed is published, too. */
  readonly exposedPorts?: "published" | undefined;
}

/**
 * All `--network` of a command line: host (also without any), none, container:NAME, or netd's networks, each as NAME or as
 * `name=NAME,ip=ADDRESS,ip6=ADDRESS,mac-address=MAC`. Throws CntnrError.
 */
export function parseNetworkFlags(texts: readonly string[], first: FirstNetworkFlags = {}): NetworkMode {
  const mode = modeOf(texts.map(parseNetwork));
  const { ip, ip6, mac, ports = [], exposedPorts } = first;
  const asked = [
    ip && "--ip",
    ip6 && "--ip6",
    mac && "--mac-address",
    ports.length > 0 && "-p",
    exposedPorts && "-P",
  ].find(Boolean);
  if (!asked) return mode;
  if (mode.kind !== "netd")
    throw new CntnrError(
      "usage",
      `${asked}: only networks of the administrator's have that (\`cntnr network ls\`): add --network NAME`,
    );
  const [network, ...others] = mode.networks;
  if (!network) return mode;
  const addresses = [
    ...network.addresses,
    ...(ip === undefined ? [] : [requireAddress(ip, 4, "--ip")]),
    ...(ip6 === undefined ? [] : [requireAddress(ip6, 6, "--ip6")]),
  ];
  const chosen = mac === undefined ? network.mac : requireMac(mac, "--mac-address");
  return {
    kind: "netd",
    networks: [{ ...network, addresses, mac: chosen, ports }, ...others],
    ...(exposedPorts ? { exposedPorts } : {}),
  };
}

function modeOf(networks: readonly NetworkRequest[]): NetworkMode {
  const names = networks.map(({ name }) => name);
  const [first] = names;
  if (first === undefined) return { kind: "host" };
  if (new Set(names).size < names.length)
    throw new CntnrError("usage", `--network ${first}: a container is attached to a network only once`);
  if (names.includes("host") || names.includes("none")) {
    if (names.length > 1)
      throw new CntnrError("usage", "--network host and none cannot go with other networks");
    return { kind: first === "none" ? "none" : "host" };
  }
  const container = /^container:(.+)$/.exec(first)?.[1];
  if (container !== undefined && names.length === 1) return { kind: "container", container };
  for (const name of names) requireNetdName(name);
  return { kind: "netd", networks };
}

function requireNetdName(name: string): void {
  if (foreign.test(name))
    throw new CntnrError(
      "unsupported",
      `--network ${name}: not supported; \`cntnr network ls\` lists the networks there are, and host and none are always there`,
    );
  // netd has a stricter rule (R5), which is its own to say.
  if (!/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/.test(name))
    throw new CntnrError("usage", `--network "${name}" cannot be the name of a network`);
}

/** NAME, or docker's longer form. */
function parseNetwork(text: string): NetworkRequest {
  if (!text.startsWith("name=")) return plainNetwork(text);
  let network = plainNetwork("");
  for (const part of text.split(",")) {
    const [key = "", value = ""] = part.split(/=(.*)/s);
    const where = `--network ${text}: ${key}`;
    if (key === "name") network = { ...network, name: value };
    else if (key === "ip" || key === "ip6")
      network = {
        ...network,
        addresses: [...network.addresses, requireAddress(value, key === "ip" ? 4 : 6, where)],
      };
    else if (key === "mac-address") network = { ...network, mac: requireMac(value, where) };
    else throw new CntnrError("usage", `${where} is not known; there are name, ip, ip6 and mac-address`);
  }
  return network;
}

function requireAddress(text: string, family: 4 | 6, where: string): string {
  if (ipFamily(text) === family) return text;
  throw new CntnrError("usage", `${where} ${text}: is no IPv${family} address`);
}

function requireMac(text: string, where: string): string {
  const fault = (what: string) => new CntnrError("usage", `${where} ${text}: ${what}, as 02:00:00:00:00:05`);
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(text)) throw fault("is no MAC address");
  // IEEE 802: the lowest bit of the first byte marks groups of stations, the broadcast address among them.
  if (Number.parseInt(text.slice(0, 2), 16) % 2 === 1)
    throw fault("is a multicast or broadcast address; the first byte of an interface's own is even");
  if (/^[0:]*$/.test(text)) throw fault("is all zeros, which is no interface's; take another");
  return text.toLowerCase();
}
