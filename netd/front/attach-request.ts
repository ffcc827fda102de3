import type { AttachRequest__Output } from "../../proto/generated/types/cntnr/netd/v1/AttachRequest.ts";
import { Refusal } from "../errors.ts";

/** What a caller asks, every string on its allow-list (R4, R15). */
export interface AttachIntent {
  readonly network: string;
  readonly interface: string;
  readonly idempotencyKey: string;
  /** Descriptor numbers in the caller's process. */
  readonly netnsFd: number;
  readonly leaseFd: number;
  readonly checkOnly: boolean;
}

const networkName = /^[a-z0-9][a-z0-9_]{0,31}$/;
/** Linux has room for 15 bytes (IFNAMSIZ); these characters are safe for every plugin and every tool that lists them. */
const interfaceName = /^[a-zA-Z][a-zA-Z0-9_.-]{0,14}$/;
const reservedInterfaces = new Set(["all", "default", "lo"]);
const key = /^[A-Za-z0-9_.-]{1,128}$/;
/** Above any sensible RLIMIT_NOFILE. */
const highestDescriptor = 1 << 20;

/** Validates the message once, at the edge. Throws Refusal `invalid`; the text never repeats the caller's bytes. */
export function parseAttachRequest(message: AttachRequest__Output): AttachIntent {
  require(networkName.test(message.network), "network is not a network name");
  const name = message.interface === "" ? "eth0" : message.interface;
  require(interfaceName.test(name) && !reservedInterfaces.has(name), "interface is not an interface name");
  if (!message.checkOnly) {
    require(key.test(message.idempotencyKey), "idempotency_key is not 1 to 128 letters, digits, _ . -");
    require(message.netnsFd <= highestDescriptor, "netns_fd is not a descriptor number");
    require(message.leaseFd <= highestDescriptor, "lease_fd is not a descriptor number");
  }
  return {
    network: message.network,
    interface: name,
    idempotencyKey: message.idempotencyKey,
    netnsFd: message.netnsFd,
    leaseFd: message.leaseFd,
    checkOnly: message.checkOnly,
  };
}

const attachmentId = /^[0-9a-f]{32}$/;

/** An attachment id as sent, or undefined: then there is nothing to detach. */
export function parseAttachmentId(text: string): string | undefined {
  return attachmentId.test(text) ? text : undefined;
}

function require(condition: boolean, message: string): void {
  if (!condition) throw new Refusal("invalid", `malformed request: ${message}`);
}
