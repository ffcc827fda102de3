/**
 * Bits of the packet mark (skb->mark) that are netd's while a packet is inside the host. A container cannot set them:
 * the mark is cleared when a packet crosses into another network namespace (skb_scrub_packet).
 */

/** netd's table has let it pass. What lacks it, the seals (`seal.ts`) drop: so no table means no traffic (D10). */
export const passed = 0x0400_0000;
/**
 * It goes from one attachment by a published port to another one. Bridges that call iptables (br_netfilter) rewrite
 * such packets before they are forwarded, and then forward them from port to port, without the host's routing.
 */
export const byPublishedPort = 0x0800_0000;

/** The bridge's table has let it pass from port to port; what the host's tables see of it is br_netfilter's doing. */
export const portToPort = 0x1000_0000;

export const hexOf = (mark: number) => `0x${mark.toString(16).padStart(8, "0")}`;
/** All of them, to be cleared where packets leave netd's hands. */
export const clearMarks = `meta mark set meta mark & ${hexOf(0xffff_ffff - passed - byPublishedPort - portToPort)}`;
export const setMark = (mark: number) => `meta mark set meta mark | ${hexOf(mark)}`;
