import { CntnrError, messageOf } from "../errors/cntnr-error.ts";
import { connectNetd, type NetdClient } from "./netd-client.ts";

/** A network that the admin grants to this user. */
export interface GrantedNetwork {
  readonly name: string;
  readonly plugins: readonly string[];
  readonly used: number;
  readonly limit: number | "unlimited";
  /** The rule, in the policy's own words: allow group:developers network:lab. */
  readonly grantedBy: string;
}

/** The networks that this user may use, and what is left of the quotas. Throws CntnrError. */
export async function listNetworks(env: NodeJS.ProcessEnv): Promise<GrantedNetwork[]> {
  using netd = connectNetd(env);
  const { networks } = await netd.networks();
  return networks.map((network) => ({
    name: network.name,
    plugins: network.plugins,
    used: network.attachmentsUsed,
    limit: network.attachmentsUnlimited ? "unlimited" : network.attachmentsLimit,
    grantedBy: network.grantedBy,
  }));
}

/**
 * Asks whether this user may attach to these networks now, before anything is made for a container. The refusal is
 * one clear line with the reference that the admin finds in the audit log. Throws CntnrError.
 */
export async function checkNetworks(names: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  using netd = connectNetd(env);
  for (const network of names) await onNetwork(network, netd.attach({ network, checkOnly: true }));
}

/** Attaches one namespace; the error names the network. */
export async function attachNetwork(
  netd: NetdClient,
  request: Parameters<NetdClient["attach"]>[0] & { network: string },
) {
  const { attachment } = await onNetwork(request.network, netd.attach(request));
  if (!attachment)
    throw new CntnrError("engine", `network ${request.network}: cntnr-netd gave no attachment`);
  return attachment;
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
