import type { FilteredAttachment } from "../../../../netd/filter/attachment.ts";

/** A port of lab0 that may do nothing, or what is given. */
export function attachment(given: Partial<FilteredAttachment> = {}): FilteredAttachment {
  return {
    id: "a",
    network: "lab",
    hostEnd: { kind: "bridge-port", bridge: "lab0", name: "veth1", index: 7 },
    mac: "02:00:00:00:01:05",
    addresses: ["10.20.0.5/24"],
    isolationGroup: undefined,
    masquerade: false,
    hostAccess: "none",
    egress: "none",
    ports: [],
    connections: undefined,
    bandwidthOut: undefined,
    bandwidthIn: undefined,
    ...given,
  };
}
