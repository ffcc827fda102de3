import type { PortRequest } from "../decision/request.ts";
import { protocols } from "../grammar/port-ranges.ts";

/** `[IP:]PORT[:CONTAINERPORT][/PROTOCOL]`, an IPv6 address in brackets; tcp when no protocol is named. */
const portForm =
  /^(?:\[([0-9a-fA-F:]+)\]:|([0-9]{1,3}(?:\.[0-9]{1,3}){3}):)?([0-9]{1,5})(?::([0-9]{1,5}))?(?:\/([a-z]+))?$/;

/** A port to publish, as `cntnr run -p` takes it, in which the container's port may be left out; undefined for anything else. */
export function parsePortRequest(text: string): PortRequest | undefined {
  const [, ipv6, ipv4, hostPort, containerPort = hostPort, name = "tcp"] = portForm.exec(text) ?? [];
  const protocol = protocols.find((known) => known === name);
  if (hostPort === undefined || !protocol) return undefined;
  return {
    hostIp: ipv6 ?? ipv4,
    hostPort: Number(hostPort),
    containerPort: Number(containerPort),
    protocol,
  };
}
