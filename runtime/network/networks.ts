import type { Attachment__Output } from "../../proto/generated/types/cntnr/netd/v1/Attachment.ts";
import type { AttachRequest } from "../../proto/generated/types/cntnr/netd/v1/AttachRequest.ts";
import { CntnrError, messageOf } from "../errors/cntnr-error.ts";
import { connectNetd, type NetdClient } from "./netd-client.ts";
import type { NetworkRequest, PortMapping } from "./network-request.ts";
import { toWire } from "./wire-ports.ts";
import { withFreePorts } from "./with-free-ports.ts";

/** A network that the admin grants to this user. */
export interface GrantedNetwork {
  readonly name: string;
  readonly plugins: readonly string[];
  readonly used: number;
  readonly limit: number | "unlimited";
  readonly addressesUsed: number;
  readonly addressesLimit: number | "unlimited";
  /** Published ports; the limit is 0 where no rule gives any. */
  readonly portsUsed: number;
  readonly portsLimit: number | "unlimited";
  /** Attachments that there is room for, of all users together. */
  readonly free: number;
  /** The rule, in the policy's own words: allow group:developers network:lab. */
  readonly grantedBy: string;
  /** Everything that rules give, in the policy's words, each with the rule and its line. */
  readonly grants: readonly { readonly key: string; readonly value: string; readonly grantedBy: string }[];
  /** What the network is: isolation, host-access, egress, masquerade. */
  readonly settings: Readonly<Record<string, string>>;
  readonly subnets: readonly string[];
}

/** The networks that this user may use, and what is left of the quotas. Throws CntnrError. */
export async function listNetworks(
  env: NodeJS.ProcessEnv,
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<GrantedNetwork[]> {
  using netd = connectNetd(env, signal);
  const { networks } = await netd.networks();
  return networks.map((network) => ({
    name: network.name,
    plugins: network.plugins,
    used: network.attachmentsUsed,
    limit: network.attachmentsUnlimited ? "unlimited" : network.attachmentsLimit,
    addressesUsed: network.addressesUsed,
    addressesLimit: network.addressesUnlimited ? "unlimited" : network.addressesLimit,
    portsUsed: network.portsUsed,
    portsLimit: network.portsUnlimited ? "unlimited" : network.portsLimit,
    free: network.attachmentsFree,
    grantedBy: network.grantedBy,
    grants: network.grants,
    settings: Object.fromEntries(network.settings.map(({ key, value }) => [key, value])),
    subnets: network.subnets,
  }));
}

/**
 * Asks whether this user may attach to these networks now, before anything is made for a container. The refusal is
 * one clear line with the reference that the admin finds in the audit log. Throws CntnrError.
 */
export async function checkNetworks(
  networks: readonly NetworkRequest[],
  env: NodeJS.ProcessEnv,
  signal?: AbortSignal,
): Promise<void> {
  using netd = connectNetd(env, signal);
  for (const network of networks)
    await onNetwork(
      network.name,
      withFreePorts(netd, network, (ports) =>
        netd.attach({ ...wireRequest(network, ports), checkOnly: true }),
      ),
    );
}

/** Attaches one namespace; the error names the network. Ports that are to be free are chosen here. */
export async function attachNetwork(
  netd: NetdClient,
  network: NetworkRequest,
  place: Pick<AttachRequest, "netnsFd" | "leaseFd" | "interface" | "idempotencyKey">,
): Promise<Attachment__Output> {
  const { attachment } = await onNetwork(
    network.name,
    withFreePorts(netd, network, (ports) => netd.attach({ ...wireRequest(network, ports), ...place })),
  );
  if (!attachment) throw new CntnrError("engine", `network ${network.name}: cntnr-netd gave no attachment`);
  return attachment;
}

function wireRequest({ name, addresses, mac }: NetworkRequest, ports: readonly PortMapping[]): AttachRequest {
  return {
    network: name,
    addresses: [...addresses],
    mac,
    ports: toWire(ports),
  };
}

async function onNetwork<T>(name: string, call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof CntnrError)
      throw new CntnrError(error.code, `network ${name}: ${error.message}`, { cause: error });
    throw new CntnrError("engine", `network ${name}: ${messageOf(error)}`, { cause: error });
  }
}
