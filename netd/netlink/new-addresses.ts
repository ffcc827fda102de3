import { readFileSync } from "node:fs";
import { encodeAttribute } from "./message.ts";
import { askKernel, protocol } from "./request.ts";

const newAddress = 20;
const deleteAddress = 21;
const create = 0x400;
const inet6 = 10;
/** linux/if_addr.h, IFA_F_*. */
const flag = { noDetection: 0x02, tentative: 0x40, permanent: 0x80 } as const;

/** An IPv6 address of the host's, as /proc/net/if_inet6 lists it. */
interface ListedAddress {
  readonly bytes: Buffer;
  readonly prefixLength: number;
  readonly scope: number;
}

/**
 * Ends the wait for somebody who has a link's IPv6 addresses as well (duplicate address detection, RFC 4862): until it is
 * over, after one or two seconds, the host answers for none of them, and whoever has them as gateway has no network. For
 * links on which nobody else can have the host's addresses. What was found out already stays. Throws SystemCallError.
 */
export function endDuplicateDetection(linkIndex: number): void {
  for (const { bytes, prefixLength, scope } of tentativeAddresses(linkIndex)) {
    const header = Buffer.from([inet6, prefixLength, flag.noDetection | flag.permanent, scope, 0, 0, 0, 0]);
    header.writeUInt32LE(linkIndex, 4);
    const address = [encodeAttribute(2, bytes), encodeAttribute(1, bytes)];
    // The kernel asks once, when an address is new: it has to be made anew.
    askKernel(protocol.route, { type: deleteAddress }, header, ...address);
    askKernel(protocol.route, { type: newAddress, flags: create }, header, ...address);
  }
}

/** Reading the list costs less than a millisecond with a thousand links; without IPv6 there is none. */
function tentativeAddresses(linkIndex: number): ListedAddress[] {
  return listOfAddresses().flatMap((line) => {
    const [address = "", ...numbers] = line.split(/ +/);
    const [index, prefixLength = 0, scope = 0, flags = 0] = numbers.map((text) => Number.parseInt(text, 16));
    if (index !== linkIndex || (flags & flag.tentative) === 0) return [];
    return [{ bytes: Buffer.from(address, "hex"), prefixLength, scope }];
  });
}

function listOfAddresses(): string[] {
  try {
    return readFileSync("/proc/self/net/if_inet6", "utf8").split("\n");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}
