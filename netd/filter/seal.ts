import { passed } from "./marks.ts";

/**
 * Programs of classic BPF (bpf(4)) for tc-bpf(8), direct action: 2 is TC_ACT_SHOT, -1 TC_ACT_UNSPEC. They stay when the
 * nftables tables go, and let pass what these have marked: so nothing passes while there are no tables (D10), and
 * nothing of a port that is in none of their sets.
 */
const drop = "6 0 0 2";
const go = "6 0 0 4294967295";
/** SKF_AD_OFF: what is known of a packet besides its bytes. */
const ancillary = 0xffff_f000;
const loadMark = `32 0 0 ${ancillary + 20}`;
const loadIsTagged = `48 0 0 ${ancillary + 48}`;
const loadEtherType = "40 0 0 12";
const ifEqual = (value: number, then: number, otherwise: number) => `21 ${then} ${otherwise} ${value}`;
const ifAnyBit = (bits: number, then: number, otherwise: number) => `69 ${then} ${otherwise} ${bits}`;

const program = (...instructions: readonly string[]) => `${instructions.length},${instructions.join(",")}`;

/** Drops what netd's tables have not let pass. */
export const markedOnly = program(loadMark, ifAnyBit(passed, 0, 1), go, drop);

/** Drops all but untagged IPv4, ARP and IPv6, before a bridge learns from it and any protocol of the host gets it (D4). */
export const plainOnly = program(
  loadIsTagged,
  ifEqual(0, 0, 5),
  loadEtherType,
  ifEqual(0x0800, 2, 0),
  ifEqual(0x0806, 1, 0),
  ifEqual(0x86dd, 0, 1),
  go,
  drop,
);

/** A batch for tc(8). It may be run again. */
function sealBatch(device: string, filters: Readonly<Partial<Record<"ingress" | "egress", string>>>): string {
  const commands = Object.entries(filters).map(
    ([direction, bytecode]) =>
      `filter replace dev ${device} ${direction} protocol all pref 1 handle 1 bpf direct-action bytecode "${bytecode}"`,
  );
  return [`qdisc replace dev ${device} clsact`, ...commands, ""].join("\n");
}

/** What a bridge hands up to the host must be marked; what the host sends is not looked at. */
export const bridgeSeal = (bridge: string) => sealBatch(bridge, { ingress: markedOnly });
/** What goes to a container must be marked. */
export const endSeal = (name: string) => sealBatch(name, { ingress: plainOnly, egress: markedOnly });

/** Whether a bridge's port may reach other isolated ports of it, by the kernel alone. */
export type PortIsolation = "isolated" | "by-group";

/**
 * A batch for bridge(8): the port learns nothing and floods nothing that it does not have to (D8), takes no part in
 * spanning trees (D4), may send to itself (by a port that it publishes), and the container's MAC stays where it is: `sticky`, or a frame on another port could move it.
 */
export function portBatch(name: string, mac: string, isolation: PortIsolation): string {
  const isolated = isolation === "isolated" ? "on" : "off";
  return [
    `link set dev ${name} learning off flood off guard on root_block on hairpin on isolated ${isolated}`,
    `fdb replace ${mac} dev ${name} master static sticky`,
    "",
  ].join("\n");
}
