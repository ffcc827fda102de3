import { findLink } from "../netlink/links.ts";
import type { HostEnd } from "./attachment.ts";

/**
 * Finds where an attachment's packets come into the host, among the interfaces that its plugins say they made in the
 * host. Undefined for those that the host never sees: macvlan, ipvlan, host-device. Nothing can be filtered, isolated
 * or published there.
 */
export function findHostEnd(hostInterfaces: readonly string[]): HostEnd | undefined {
  for (const name of hostInterfaces) {
    const link = findLink(name);
    if (!link || link.kind === "bridge") continue;
    if (link.master === undefined) return { kind: "routed", name, index: link.index };
    const bridge = hostInterfaces
      .map((other) => findLink(other))
      .find((other) => other?.index === link.master);
    if (bridge?.kind === "bridge")
      return { kind: "bridge-port", bridge: bridge.name, name, index: link.index };
  }
  return undefined;
}
