import { hostname } from "node:os";
import { readIfPermitted } from "../sys/read-text.ts";
import type { HostNames } from "./network-files.ts";

/** systemd-resolved's own server is on the loopback; the servers that it asks stand here. */
const stubServer = /^\s*nameserver\s+127\.0\.0\.53\s*$/m;
const resolvedServers = "/run/systemd/resolve/resolv.conf";

/** The host's name, hosts and name servers. */
export function readHostNames(isHostNetwork: boolean): HostNames {
  const resolvConf = readIfPermitted("/etc/resolv.conf") ?? "";
  const isStub = !isHostNetwork && stubServer.test(resolvConf);
  return {
    hostname: hostname(),
    hosts: isHostNetwork ? (readIfPermitted("/etc/hosts") ?? "") : "",
    resolvConf: isStub ? readIfPermitted(resolvedServers) || resolvConf : resolvConf,
  };
}
