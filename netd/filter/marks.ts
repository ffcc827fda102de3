/**
 * Bits of the packet mark (skb->mark) that are netd's while a packet is inside the host. A container cannot set them:
 * the mark is cleared when a packet crosses into another network namespace (skb_scrub_packet).
 */

/**
 * netd's table has let it pass. What lacks it, the seals (`seal.ts`) drop: so no table means no traffic (D10). On what
 * comes from a port it also saves the host's tables a look at who has sent it, and they clear it before anybody else's
 * rules or routes: who keeps the mark with a connection would give its packets what opens the seals.
 */
export const passed = 0x0400_0000;
/**
 * It goes from one attachment by a published port to another one. Bridges that call iptables (br_netfilter) rewrite
 * such packets before they are forwarded, and then forward them from port to port, without the host's routing.
 */
export const byPublishedPort = 0x0800_0000;

/**
 * The bridge's table has let it pass to a port of the same isolation group, whose number is in the lower bits; what the
 * host's tables see of it is br_netfilter's doing.
 */
export const portToPort = 0x1000_0000;
/** Its port has a limit of what it may send: between two rules of one chain only. */
export const limited = 0x2000_0000;

export const hexOf = (mark: number) => `0x${mark.toString(16).padStart(8, "0")}`;
const without = (marks: number) => `meta mark set meta mark & ${hexOf(0xffff_ffff - marks)}`;
/** All of them, to be cleared where packets leave netd's hands. */
export const clearMarks = without(passed + byPublishedPort + portToPort);
export const clearLimited = without(limited);
export const setMark = (mark: number) => `meta mark set meta mark | ${hexOf(mark)}`;
/** Nothing that the host is given goes from port to port. */
export const setMarkForHost = `${without(portToPort)} | ${hexOf(passed)}`;
