import { CntnrError } from "../errors/cntnr-error.ts";
import type { RequestedPort } from "../network/network-request.ts";
import type { NetworkMode } from "./container-options.ts";
import { exposedPorts } from "./expose-flag.ts";
import { mostPorts } from "./publish-flag.ts";

/**
 * A network on which what is exposed ("80/tcp") is published where that is asked for, and not by `-p` already (docker's `-P`); the
 * same object where nothing is to be published. Throws CntnrError `usage` when these are too many.
 */
export function publishExposed(network: NetworkMode, exposed: readonly string[]): NetworkMode {
  if (network.kind !== "netd" || !network.exposedPorts) return network;
  const [first, ...others] = network.networks;
  if (!first) return network;
  const ports = [...first.ports];
  for (const port of exposed.flatMap(exposedPorts))
    if (!ports.some((other) => isSame(other, port))) ports.push({ hostIp: "", hostPort: "free", ...port });
  if (ports.length > mostPorts)
    throw new CntnrError(
      "usage",
      `-P: ${ports.length} ports are to be published, and more than ${mostPorts} cannot be`,
    );
  return { kind: "netd", networks: [{ ...first, ports }, ...others] };
}

type InContainer = Pick<RequestedPort, "containerPort" | "protocol">;

function isSame(one: InContainer, other: InContainer): boolean {
  return one.containerPort === other.containerPort && one.protocol === other.protocol;
}
