import { createHash } from "node:crypto";
import { Ajv, type JSONSchemaType } from "ajv";
import type { AttachmentState } from "../contract/attachment.ts";
import { type AttachmentPlan, planSchema } from "../contract/plan.ts";

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
  /** Milliseconds since 1970-01-01 UTC. */
  readonly createdAtMs: number;
}

const schema: JSONSchemaType<AttachmentRecord> = {
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
    createdAtMs: { type: "integer" },
  },
};

const isRecord = new Ajv().compile(schema);

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
}

const isOfVersion1 = new Ajv().compile<PlanOfVersion1>({
  type: "object",
  required: ["network", "interface", "masquerade", "rule", "conflist"],
  properties: {
    network: { type: "string" },
    interface: { type: "string" },
    masquerade: { type: "boolean" },
    rule: { type: "string" },
    conflist: { type: "string" },
  },
});

/**
 * A row of version 1 as one of version 2 (F8); whatever is none is left as it is, for {@link parseRecord} to refuse.
 */
export function migrateFromVersion1(json: string): string {
  const value = parseJson(json);
  if (!isOfVersion1(value)) return json;
  const { network, interface: interfaceName, masquerade, rule, ...rest } = value;
  const conflistHash = createHash("sha256").update(rest.conflist).digest("hex");
  const plan: AttachmentPlan = { network, conflistHash, interface: interfaceName, masquerade, rule };
  return JSON.stringify({ ...rest, plan });
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
