import type {
  PublishedPort,
  PublishedPort__Output,
} from "../../proto/generated/types/cntnr/netd/v1/PublishedPort.ts";
import type { PortMapping } from "./network-request.ts";

const wireProtocol = { tcp: "PROTOCOL_TCP", udp: "PROTOCOL_UDP", sctp: "PROTOCOL_SCTP" } as const;

const protocolOf: Readonly<Record<string, PortMapping["protocol"]>> = {
  PROTOCOL_TCP: "tcp",
  PROTOCOL_UDP: "udp",
  PROTOCOL_SCTP: "sctp",
};

/** As netd takes them. */
export function toWire(ports: readonly PortMapping[]): PublishedPort[] {
  return ports.map((port) => ({ ...port, protocol: wireProtocol[port.protocol] }));
}

/** As netd tells of them, without those of a protocol that is not known here. */
export function fromWire(ports: readonly PublishedPort__Output[]): PortMapping[] {
  return ports.flatMap((port) => {
    const protocol = protocolOf[port.protocol];
    return protocol === undefined ? [] : [{ ...port, protocol }];
  });
}
