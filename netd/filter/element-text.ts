import type { Element, Field, Verdict } from "../netlink/nftables.ts";

/** An element in nft(8)'s words: "12 . 02:00:00:00:00:05 . 10.20.0.5", and for a map " : " and what it gives. */
export function textOfElement({ key, value, limit }: Element): string {
  const rate =
    limit === undefined
      ? ""
      : ` limit rate over ${limit.bytesPerSecond} bytes/second burst ${limit.burstBytes} bytes`;
  return `${textOfFields(key)}${rate}${value === undefined ? "" : ` : ${textOfValue(value)}`}`;
}

function textOfValue(value: readonly Field[] | Verdict): string {
  return "length" in value ? textOfFields(value) : `goto ${value.goto}`;
}

function textOfFields(fields: readonly Field[]): string {
  return fields.map(textOfField).join(" . ");
}

function textOfField(field: Field): string {
  // nft prints and reads raw payload as a number.
  if ("payload" in field) return `0x${field.payload.toString("hex").replace(/^0+(?=.)/, "")}`;
  if ("interfaceName" in field) return `"${field.interfaceName}"`;
  return String(Object.values(field)[0]);
}
