import type { NetworkMode } from "../container/container-options.ts";

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
 * On the host's network all is as on the host. Elsewhere a name server on the host's loopback cannot be reached.
 */
export function networkFiles(network: NetworkMode, hostname: string, host: HostNames): NetworkFiles {
  const hostnameFile = `${hostname}\n`;
  if (network.kind === "host")
    return { hosts: host.hosts || loopbackHosts, resolvConf: host.resolvConf, hostname: hostnameFile };
  const ownName = network.kind === "none" ? `127.0.0.1\t${hostname}\n` : "";
  return {
    hosts: `${loopbackHosts}${ownName}`,
    resolvConf: withoutLoopbackServers(host.resolvConf),
    hostname: hostnameFile,
  };
}

/** resolv.conf(5) without the name servers on 127.0.0.0/8 and ::1. */
function withoutLoopbackServers(text: string): string {
  return text
    .split("\n")
    .filter((line) => !/^\s*nameserver\s+(?:127\.|::1\s*$)/.test(line))
    .join("\n");
}
