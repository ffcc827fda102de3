/** The 4 or 16 bytes of an address in canonical form (no zone, no IPv4 part), as the kernel has it. */
export function bytesOfAddress(address: string): Buffer {
  if (!address.includes(":")) return Buffer.from(address.split(".").map(Number));
  const [head = "", tail = ""] = address.split("::");
  const words = (text: string) =>
    text.split(":").flatMap((word) => (word === "" ? [] : Number.parseInt(word, 16)));
  const before = words(head);
  const after = words(tail);
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => 0);
  return Buffer.from([...before, ...zeros, ...after].flatMap((word) => [word >> 8, word & 0xff]));
}

/** The 6 bytes of a MAC. */
export function bytesOfMac(mac: string): Buffer {
  return Buffer.from(mac.replaceAll(":", ""), "hex");
}

/** A MAC as it is written: lower case. */
export function textOfMac(bytes: Iterable<number>): string {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}
