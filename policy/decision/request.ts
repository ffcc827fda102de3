import type { Subnet } from "../address/subnets.ts";
import type { Protocol } from "../policy.ts";

/** A port that is to be published. */
export interface PortRequest {
  /** Undefined: wherever the policy allows. */
  readonly hostIp: string | undefined;
  readonly hostPort: number;
  readonly containerPort: number;
  readonly protocol: Protocol;
}

/** How many ports these are: the same port on several addresses is one. */
export function countPorts(ports: readonly Pick<PortRequest, "protocol" | "hostPort">[]): number {
  return new Set(ports.map(({ protocol, hostPort }) => `${hostPort}/${protocol}`)).size;
}

/** What a caller wants, and what is so already. */
export interface AttachmentRequest {
  readonly network: string;
  readonly staticIps: readonly string[];
  /** Undefined: any. */
  readonly mac: string | undefined;
  readonly ports: readonly PortRequest[];
  /** True when the attachment is to have names that others can look up. */
  readonly names: boolean;
  /** User namespaces between the initial one and the caller's: 0 for an ordinary process. */
  readonly callerDepth: number;
  /** The same of the namespace that owns the network namespace: 1 for an ordinary container. */
  readonly namespaceDepth: number;
  /** The caller's slots and addresses on that network that are charged: intents count, not completions (Q6). */
  readonly attachmentsUsed: number;
  readonly addressesUsed: number;
  /** The caller's ports on that network that are charged: the same port on several addresses once. */
  readonly portsUsed: number;
  /** Charged slots of all users on that network. */
  readonly networkAttachmentsUsed: number;
  /** Addresses that the network gives to an attachment that asks for none. */
  readonly addressesPerAttachment: number;
  /** Where the network leases addresses from; unknown to the tools that have a policy alone. */
  readonly subnets: readonly Subnet[] | "unknown";
}

/** The first attachment of an ordinary container that wants nothing special. */
export const plainRequest: Omit<AttachmentRequest, "network"> = {
  staticIps: [],
  mac: undefined,
  ports: [],
  names: false,
  callerDepth: 0,
  namespaceDepth: 1,
  attachmentsUsed: 0,
  addressesUsed: 0,
  portsUsed: 0,
  networkAttachmentsUsed: 0,
  addressesPerAttachment: 1,
  subnets: "unknown",
};
