import type { JSONSchemaType } from "ajv";

export const protocols = ["tcp", "udp", "sctp"] as const;
export type Protocol = (typeof protocols)[number];

/** A port of the host that leads to one of the attachment. */
export interface PlannedPort {
  /** An address of the host's in canonical form; 0.0.0.0 or ::, all of that family but loopback; empty: all of both. */
  readonly hostIp: string;
  readonly hostPort: number;
  readonly containerPort: number;
  readonly protocol: Protocol;
}

/** Ports of the host itself, both ends included. */
export interface HostPorts {
  readonly protocol: Protocol;
  readonly first: number;
  readonly last: number;
}

/** What the front has decided about one attachment, as far as the worker needs it; journaled with it. */
export interface AttachmentPlan {
  /** Name in the policy. */
  readonly network: string;
  /** SHA-256 of the conflist's text, in hexadecimal: the decision was about this one and no later one (R17). */
  readonly conflistHash: string;
  readonly interface: string;
  /** SHA-256 of the request: the same for the same words (F13). */
  readonly request: string;
  /** The rule that allowed it: title and place. For the records alone. */
  readonly rule: string;
  /** User namespaces between the initial one and the caller, and the network namespace's owner (P8, N6). */
  readonly callerDepth: number;
  readonly namespaceDepth: number;
  /** Addresses to have, without prefix length, in canonical form; empty: any. */
  readonly staticIps: readonly string[];
  /** Prefixes in canonical form whose addresses rules keep for who may ask for them: it is given none of them unasked. */
  readonly keptAddresses: readonly string[];
  /** Lower case; empty: any. */
  readonly mac: string;
  readonly ports: readonly PlannedPort[];
  /** Who shares it may be talked to on the same network; empty: nobody. */
  readonly isolationGroup: string;
  readonly masquerade: boolean;
  /** What of the host itself may be reached. */
  readonly hostAccess: "none" | "all" | readonly HostPorts[];
  /** What beyond the network and the host may be reached: prefixes in canonical form. */
  readonly egress: "none" | "any" | readonly string[];
  /** Tracked connections at a time; 0: no limit. */
  readonly connections: number;
  /** Bits per second, from and to the container; 0: no limit. */
  readonly bandwidthOut: number;
  readonly bandwidthIn: number;
}

/** What one attachment may be given; more than a line of a policy has room for, but for ports, which users ask for. */
export const planLimits = {
  staticIps: 16,
  ports: 256,
  hostAccess: 1024,
  egress: 1024,
  keptAddresses: 1024,
} as const;

/** Linux has room for 15 bytes (IFNAMSIZ); these characters are safe for every plugin and every tool that lists them. */
export const interfaceNamePattern = "^[a-zA-Z][a-zA-Z0-9_.-]{0,14}$";
/** R5: no `-`, which separates names in the caches of CNI's own library. */
export const networkNamePattern = "^[a-z0-9][a-z0-9_]{0,31}$";

const digest = { type: "string", pattern: "^[0-9a-f]{64}$" } as const;
const depth = { type: "integer", minimum: 0, maximum: 32 } as const;
const port = { type: "integer", minimum: 1, maximum: 65535 } as const;
const protocol = { type: "string", enum: protocols } as const;
const rate = { type: "integer", minimum: 0, maximum: Number.MAX_SAFE_INTEGER } as const;
/** The characters of an address; the worker reads it strictly. */
const address = { type: "string", pattern: "^[0-9a-f.:]{2,39}$" } as const;
const prefix = { type: "string", pattern: "^[0-9a-f.:]{2,39}(/[0-9]{1,3})?$" } as const;

const schema = {
  type: "object",
  additionalProperties: false,
  required: [
    "network",
    "conflistHash",
    "interface",
    "request",
    "rule",
    "callerDepth",
    "namespaceDepth",
    "staticIps",
    "keptAddresses",
    "mac",
    "ports",
    "isolationGroup",
    "masquerade",
    "hostAccess",
    "egress",
    "connections",
    "bandwidthOut",
    "bandwidthIn",
  ],
  properties: {
    network: { type: "string", pattern: networkNamePattern },
    conflistHash: digest,
    interface: { type: "string", pattern: interfaceNamePattern, not: { enum: ["all", "default", "lo"] } },
    request: digest,
    rule: { type: "string", maxLength: 1024 },
    callerDepth: depth,
    namespaceDepth: { ...depth, minimum: 1 },
    staticIps: { type: "array", maxItems: planLimits.staticIps, items: address },
    keptAddresses: { type: "array", maxItems: planLimits.keptAddresses, items: prefix },
    // The lowest bit of the first byte marks groups of stations (IEEE 802).
    mac: { type: "string", pattern: "^([0-9a-f][02468ace](:[0-9a-f]{2}){5})?$" },
    ports: {
      type: "array",
      maxItems: planLimits.ports,
      items: {
        type: "object",
        additionalProperties: false,
        required: ["hostIp", "hostPort", "containerPort", "protocol"],
        properties: {
          hostIp: { type: "string", pattern: "^([0-9a-f.:]{2,39})?$" },
          hostPort: port,
          containerPort: port,
          protocol,
        },
      },
    },
    isolationGroup: { type: "string", pattern: "^((user|group):[0-9]{1,10}|open)?$" },
    masquerade: { type: "boolean" },
    hostAccess: {
      anyOf: [
        { type: "string", enum: ["none", "all"] },
        {
          type: "array",
          maxItems: planLimits.hostAccess,
          items: {
            type: "object",
            additionalProperties: false,
            required: ["protocol", "first", "last"],
            properties: { protocol, first: port, last: port },
          },
        },
      ],
    },
    egress: {
      anyOf: [
        { type: "string", enum: ["none", "any"] },
        { type: "array", maxItems: planLimits.egress, items: prefix },
      ],
    },
    connections: { type: "integer", minimum: 0, maximum: 0xffffffff },
    bandwidthOut: rate,
    bandwidthIn: rate,
  },
};

// JSONSchemaType has no words for a string that may be a list as well.
export const planSchema = schema as unknown as JSONSchemaType<AttachmentPlan>;
