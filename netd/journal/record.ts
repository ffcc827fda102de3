import { createHash } from "node:crypto";
import { Ajv } from "ajv";
import type { AttachmentState } from "../contract/attachment.ts";
import { type AttachmentPlan, planSchema } from "../contract/plan.ts";
import type { HostEnd } from "../filter/attachment.ts";

/** One attachment, with everything that undoing it needs even if every configuration file has changed since (R10). */
export interface AttachmentRecord {
  /** 32 lower-case hexadecimal digits. */
  readonly id: string;
  readonly state: AttachmentState;
  /** Boot in which it was made; in another one nothing of it can still be there. */
  readonly bootId: string;
  readonly uid: number;
  readonly idempotencyKey: string;
  /** The container id for the plugins: made by netd, never used twice (R5, R6). */
  readonly containerId: string;
  readonly netnsInode: number;
  readonly netnsId: string;
  readonly leasePid: number;
  readonly plan: AttachmentPlan;
  /** The conflist's exact text. */
  readonly conflist: string;
  /** The plugins' result as JSON; empty until ADD is done. */
  readonly result: string;
  /** Where its packets come into the host (N14); null until that is known, and where they never do. */
  readonly hostEnd: HostEnd | null;
  /** Milliseconds since 1970-01-01 UTC. */
  readonly createdAtMs: number;
}

const hostEndSchema = {
  anyOf: [
    { type: "null" },
    {
      type: "object",
      additionalProperties: false,
      required: ["kind", "bridge", "name", "index"],
      properties: {
        kind: { const: "bridge-port" },
        bridge: { type: "string", minLength: 1 },
        name: { type: "string", minLength: 1 },
        index: { type: "integer", minimum: 1 },
      },
    },
    {
      type: "object",
      additionalProperties: false,
      required: ["kind", "name", "index"],
      properties: {
        kind: { const: "routed" },
        name: { type: "string", minLength: 1 },
        index: { type: "integer", minimum: 1 },
      },
    },
  ],
} as const;

// JSONSchemaType has no words for one of several objects, or none.
const schema = {
  type: "object",
  additionalProperties: false,
  required: [
    "id",
    "state",
    "bootId",
    "uid",
    "idempotencyKey",
    "containerId",
    "netnsInode",
    "netnsId",
    "leasePid",
    "plan",
    "conflist",
    "result",
    "hostEnd",
    "createdAtMs",
  ],
  properties: {
    id: { type: "string", pattern: "^[0-9a-f]{32}$" },
    state: { type: "string", enum: ["attaching", "attached", "detaching"] },
    bootId: { type: "string", minLength: 1 },
    uid: { type: "integer", minimum: 0, maximum: 0xfffffffe },
    idempotencyKey: { type: "string", minLength: 1 },
    containerId: { type: "string", pattern: "^c[0-9a-f]{31}$" },
    netnsInode: { type: "integer" },
    netnsId: { type: "string" },
    leasePid: { type: "integer", minimum: 1 },
    plan: planSchema,
    conflist: { type: "string", minLength: 2 },
    result: { type: "string" },
    hostEnd: hostEndSchema,
    createdAtMs: { type: "integer" },
  },
};

const isRecord = new Ajv().compile<AttachmentRecord>(schema);

/** The record that a row's JSON holds; undefined for anything else. */
export function parseRecord(json: string): AttachmentRecord | undefined {
  const value = parseJson(json);
  return isRecord(value) ? value : undefined;
}

/** What records of version 1 have of a plan, side by side with the rest. */
interface PlanOfVersion1 {
  readonly network: string;
  readonly interface: string;
  readonly masquerade: boolean;
  readonly rule: string;
  readonly conflist: string;
  readonly uid: number;
}

/** What attachments had when nothing was filtered and nothing could be chosen, as far as the defaults of policies give it now. */
const planBeforeFilters = {
  request: "0".repeat(64),
  callerDepth: 0,
  namespaceDepth: 1,
  staticIps: [],
  keptAddresses: [],
  mac: "",
  ports: [],
  hostAccess: "none",
  egress: "any",
  connections: 0,
  bandwidthOut: 0,
  bandwidthIn: 0,
} as const;

const isOfVersion1 = new Ajv().compile<PlanOfVersion1>({
  type: "object",
  required: ["network", "interface", "masquerade", "rule", "conflist", "uid"],
  properties: {
    network: { type: "string" },
    interface: { type: "string" },
    masquerade: { type: "boolean" },
    rule: { type: "string" },
    conflist: { type: "string" },
    uid: { type: "integer" },
  },
});

/**
 * A row of version 1 as one of this version (F8); whatever is none is left as it is, for {@link parseRecord} to refuse.
 */
export function migrateFromVersion1(json: string): string {
  const value = parseJson(json);
  if (!isOfVersion1(value)) return json;
  const { network, interface: interfaceName, masquerade, rule, ...rest } = value;
  const conflistHash = createHash("sha256").update(rest.conflist).digest("hex");
  const plan: AttachmentPlan = {
    ...planBeforeFilters,
    network,
    conflistHash,
    interface: interfaceName,
    masquerade,
    rule,
    isolationGroup: `user:${rest.uid}`,
  };
  return JSON.stringify({ ...rest, plan, hostEnd: null });
}

/** A row of version 2, in which no addresses are kept, as one of this version (F8). */
export function migrateFromVersion2(json: string): string {
  const value = parseJson(json);
  if (typeof value !== "object" || value === null || !("plan" in value)) return json;
  const { plan } = value;
  if (typeof plan !== "object" || plan === null) return json;
  return JSON.stringify({ ...value, plan: { keptAddresses: [], ...plan } });
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
