import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { hasErrno } from "../errors/cntnr-error.ts";
import type { HostNames } from "./network-files.ts";

/** systemd-resolved's own server is on the loopback; the servers that it asks stand here. */
const stubServer = /^\s*nameserver\s+127\.0\.0\.53\s*$/m;
const resolvedServers = "/run/systemd/resolve/resolv.conf";

/** The host's name, hosts and name servers. */
export function readHostNames(isHostNetwork: boolean): HostNames {
  const resolvConf = readIfThere("/etc/resolv.conf");
  const isStub = !isHostNetwork && stubServer.test(resolvConf);
  return {
    hostname: hostname(),
    hosts: isHostNetwork ? readIfThere("/etc/hosts") : "",
    resolvConf: isStub ? readIfThere(resolvedServers) || resolvConf : resolvConf,
  };
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (hasErrno(error, "ENOENT", "EACCES")) return "";
    throw error;
  }
}
