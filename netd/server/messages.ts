import { dimensions } from "../../policy/dimensions.ts";
import type { Attachment } from "../../proto/generated/types/cntnr/netd/v1/Attachment.ts";
import type { Network } from "../../proto/generated/types/cntnr/netd/v1/Network.ts";
import type { AttachmentFacts } from "../contract/attachment.ts";
import type { HostPorts } from "../contract/plan.ts";
import type { NetworkGrant } from "../front/generation.ts";
import type { Usage } from "../front/usage.ts";

const wireState = {
  attaching: "ATTACHMENT_STATE_ATTACHING",
  attached: "ATTACHMENT_STATE_ATTACHED",
  detaching: "ATTACHMENT_STATE_DETACHING",
} as const;
const wireProtocol = { tcp: "PROTOCOL_TCP", udp: "PROTOCOL_UDP", sctp: "PROTOCOL_SCTP" } as const;

/** An attachment as its owner is told of it. */
export function attachmentMessage({ id, plan, state, createdAtMs, given }: AttachmentFacts): Attachment {
  return {
    id,
    network: plan.network,
    interface: plan.interface,
    mac: given.mac,
    addresses: [...given.addresses],
    gateways: [...given.gateways],
    nameservers: [...given.nameservers],
    searchDomains: [...given.searchDomains],
    createdAt: Math.floor(createdAtMs / 1000),
    state: wireState[state],
    ports: plan.ports.map((port) => ({ ...port, protocol: wireProtocol[port.protocol] })),
  };
}

/** A network as somebody is told of it who may use it: all that is granted, and what is left. */
export function networkMessage({ section, facts, ...grant }: NetworkGrant, usage: Usage): Network {
  const { attachments } = grant;
  const addresses = addressesLimit(grant, facts.addressesEach);
  const ports = portsLimit(grant);
  return {
    name: grant.network,
    attachmentsLimit: attachments === "unlimited" ? 0 : attachments,
    attachmentsUnlimited: attachments === "unlimited",
    attachmentsUsed: usage.attachmentsUsed,
    addressesLimit: addresses === "unlimited" ? 0 : addresses,
    addressesUnlimited: addresses === "unlimited",
    addressesUsed: usage.addressesUsed,
    portsLimit: ports === "unlimited" ? 0 : ports,
    portsUnlimited: ports === "unlimited",
    portsUsed: usage.portsUsed,
    attachmentsFree: Math.max(0, section.attachments - usage.networkAttachmentsUsed),
    plugins: [...facts.plugins],
    grantedBy: grant.rule,
    grants: grant.values.map(({ key, value, by }) => ({ key, value, grantedBy: by })),
    settings: [
      { key: "isolation", value: facts.isFiltered ? section.isolation : "not filtered" },
      {
        key: "host-access",
        value:
          typeof section.hostAccess === "string"
            ? section.hostAccess
            : section.hostAccess.map(showPorts).join(", "),
      },
      {
        key: "egress",
        value: typeof section.egress === "string" ? section.egress : section.egress.join(", "),
      },
      { key: "masquerade", value: section.masquerade ? "yes" : "no" },
    ],
    subnets: facts.subnets === "unknown" ? [] : facts.subnets.map(({ range }) => range),
  };
}

/** What a rule says of addresses, or as many as the attachments get. */
function addressesLimit(
  { attachments, values }: Pick<NetworkGrant, "attachments" | "values">,
  each: number,
): number | "unlimited" {
  const said = values.find(({ key }) => key === dimensions.addresses.key)?.value;
  if (said !== undefined) return said === "unlimited" ? said : Number(said);
  return attachments === "unlimited" ? attachments : attachments * each;
}

/** None where no rule gives a port. */
function portsLimit({ values }: Pick<NetworkGrant, "values">): number | "unlimited" {
  const { publish, publishedPorts } = dimensions;
  // Several groups' rules may say something of ports, and what one of them gives there is.
  if (!values.some(({ key, value }) => key === publish.key && value !== publish.show([]))) return 0;
  const limit = values.find(({ key }) => key === publishedPorts.key)?.value ?? publishedPorts.fallback;
  return limit === "unlimited" ? limit : Number(limit);
}

function showPorts({ protocol, first, last }: HostPorts): string {
  return first === last ? `${first}/${protocol}` : `${first}-${last}/${protocol}`;
}
