import type { NetworkPlugins } from "../attachment/network-plugins.ts";
import { nothingGiven } from "../contract/attachment.ts";
import type { AttachmentRecord } from "../journal/record.ts";
import type { Expected } from "./compare.ts";

/** What a record says there should be. */
export function expectedOf(record: AttachmentRecord, plugins: NetworkPlugins): Expected {
  const { id, state, containerId, hostEnd, result, conflist } = record;
  const given = result === "" ? nothingGiven : plugins.parseResult(result).given;
  const addresses = given.addresses.map((address) => address.split("/")[0] ?? "");
  // Only host-local says where it leases from, and only its leases are files that netd knows.
  const isLeased = plugins.shapeOf(record).subnets !== "unknown";
  const { name } = JSON.parse(conflist) as { name: string };
  return {
    id,
    state,
    containerId,
    addresses,
    mac: given.mac,
    leases: isLeased ? addresses.map((address) => `${name}/${address}`) : [],
    hostEnd: hostEnd ?? undefined,
  };
}
