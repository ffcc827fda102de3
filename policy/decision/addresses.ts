import { type AddressRange, contains, parseAddress } from "../address/address.ts";
import { whyNotAssignable } from "../address/subnets.ts";
import { dimensions } from "../dimensions.ts";
import type { Rule } from "../policy.ts";
import { denied, type Finding, granted } from "./finding.ts";
import type { AttachmentRequest } from "./request.ts";
import { largestOf, statementsOf } from "./statements.ts";

/** Judges the addresses that a request names; `approved` has them in canonical form. */
export function examineStaticIps(
  rules: readonly Rule[],
  { staticIps, subnets, addressesPerAttachment }: AttachmentRequest,
): { findings: Finding[]; approved: string[] } {
  const approved: string[] = [];
  if (subnets !== "unknown" && staticIps.length > addressesPerAttachment) {
    const text = `the network gives ${addressesPerAttachment} to an attachment, ${staticIps.length} are requested`;
    return { findings: [denied("addresses", "not-granted", text)], approved };
  }
  const findings = staticIps.map((text): Finding => {
    const address = parseAddress(text);
    if (!address) return denied("address", "malformed", "a requested address is not an IPv4 or IPv6 address");
    const aspect = `address ${address.text}`;
    if (approved.includes(address.text)) return denied(aspect, "malformed", "is requested twice");
    approved.push(address.text);
    const unassignable = subnets === "unknown" ? undefined : whyNotAssignable(address, subnets);
    return unassignable === undefined
      ? judgeStaticIp(aspect, address, rules)
      : denied(aspect, "not-granted", unassignable);
  });
  return { findings, approved };
}

function judgeStaticIp(aspect: string, address: AddressRange, rules: readonly Rule[]): Finding {
  const statements = statementsOf(rules, "staticIps");
  const [granting] = statements.filter(({ value }) => value.some((range) => contains(range, address)));
  const { key, show } = dimensions.staticIps;
  if (granting) return granted(aspect, `is in ${key} = ${show(granting.value)}`, [granting]);
  const [first] = statements;
  if (!first) return denied(aspect, "not-granted", `no rule gives ${key}`);
  return denied(aspect, "not-granted", `is in none of the ${key} given`, statements);
}

const macForm = /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/;

/** Judges a MAC address that a request names; `approved` has it in lower case. */
export function examineMac(
  rules: readonly Rule[],
  mac: string | undefined,
): { findings: Finding[]; approved: string | undefined } {
  if (mac === undefined) return { findings: [], approved: undefined };
  const approved = mac.toLowerCase();
  const fault = faultOfMac(approved);
  if (fault !== undefined) return { findings: [denied("MAC address", "malformed", fault)], approved };
  const aspect = `MAC address ${approved}`;
  const statement = largestOf(rules, "mac");
  if (!statement)
    return { findings: [denied(aspect, "not-granted", "no rule gives mac = chosen")], approved };
  const judge = statement.value === "chosen" ? granted : deniedAsNotGranted;
  return { findings: [judge(aspect, `mac = ${statement.value}`, [statement])], approved };
}

/** Why no interface can have that MAC address; undefined when one can. */
export function faultOfMac(mac: string): string | undefined {
  if (!macForm.test(mac)) return "is not a MAC address";
  if (mac === "00:00:00:00:00:00") return "is all zeros, which no interface can have";
  if (mac === "ff:ff:ff:ff:ff:ff") return "is the broadcast address, which no interface can have";
  // The lowest bit of the first byte marks groups of stations (IEEE 802): no station may have such an address.
  return Number.parseInt(mac.slice(0, 2), 16) % 2 === 0
    ? undefined
    : "is a multicast address, which no interface can have, because its first byte is odd";
}

const deniedAsNotGranted: typeof granted = (aspect, text, by) => denied(aspect, "not-granted", text, by);
