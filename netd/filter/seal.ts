import type { BpfInstruction } from "../netlink/port-settings.ts";
import { passed } from "./marks.ts";

/**
 * Programs of classic BPF (bpf(4)) for tc-bpf(8), direct action: 2 is TC_ACT_SHOT, -1 TC_ACT_UNSPEC. They stay when the
 * nftables tables go, and let pass what these have marked: so nothing passes while there are no tables (D10), and
 * nothing of a port that is in none of their sets.
 */
const instruction = (code: number, value: number, jumpTrue = 0, jumpFalse = 0): BpfInstruction => {
  return { code, value, jumpTrue, jumpFalse };
};
const drop = instruction(6, 2);
const go = instruction(6, 0xffff_ffff);
/** SKF_AD_OFF: what is known of a packet besides its bytes. */
const ancillary = 0xffff_f000;
const loadMark = instruction(32, ancillary + 20);
const loadIsTagged = instruction(48, ancillary + 48);
const loadEtherType = instruction(40, 12);
/** How many instructions are skipped then, and otherwise. */
const ifEqual = (value: number, then: number, otherwise: number) => instruction(21, value, then, otherwise);
const ifAnyBit = (bits: number, then: number, otherwise: number) => instruction(69, bits, then, otherwise);

/** Drops what netd's tables have not let pass. */
export const markedOnly: readonly BpfInstruction[] = [loadMark, ifAnyBit(passed, 0, 1), go, drop];

/** Drops all but untagged IPv4, ARP and IPv6, before a bridge learns from it and any protocol of the host gets it (D4). */
export const plainOnly: readonly BpfInstruction[] = [
  loadIsTagged,
  ifEqual(0, 0, 5),
  loadEtherType,
  ifEqual(0x0800, 2, 0),
  ifEqual(0x0806, 1, 0),
  ifEqual(0x86dd, 0, 1),
  go,
  drop,
];

/** What a bridge hands up to the host must be marked; what the host sends is not looked at. */
export const bridgeSeal = { ingress: markedOnly } as const;
/** What goes to a container must be marked. */
export const endSeal = { ingress: plainOnly, egress: markedOnly } as const;
