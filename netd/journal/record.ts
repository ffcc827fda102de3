import { Ajv, type JSONSchemaType } from "ajv";

/**
 * `attaching`: intended, perhaps half done: after a crash it is undone.
 * `attached`: done. `detaching`: to be undone; tried until it works.
 */
export type AttachmentState = "attaching" | "attached" | "detaching";

/** One attachment, with everything that undoing it needs even if every configuration file has changed since (R10). */
export interface AttachmentRecord {
  /** 32 lower-case hexadecimal digits. */
  readonly id: string;
  readonly state: AttachmentState;
  /** Boot in which it was made; in another one nothing of it can still be there. */
  readonly bootId: string;
  readonly uid: number;
  readonly network: string;
  readonly interface: string;
  readonly idempotencyKey: string;
  /** The container id for the plugins: made by netd, never used twice (R5, R6). */
  readonly containerId: string;
  readonly netnsInode: number;
  readonly netnsId: string;
  readonly leasePid: number;
  /** The conflist's exact text. */
  readonly conflist: string;
  readonly masquerade: boolean;
  /** The plugins' result as JSON; empty until ADD is done. */
  readonly result: string;
  /** The rule that allowed it: file:line. */
  readonly rule: string;
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
    "network",
    "interface",
    "idempotencyKey",
    "containerId",
    "netnsInode",
    "netnsId",
    "leasePid",
    "conflist",
    "masquerade",
    "result",
    "rule",
    "createdAtMs",
  ],
  properties: {
    id: { type: "string", pattern: "^[0-9a-f]{32}$" },
    state: { type: "string", enum: ["attaching", "attached", "detaching"] },
    bootId: { type: "string", minLength: 1 },
    uid: { type: "integer", minimum: 0, maximum: 0xfffffffe },
    network: { type: "string", minLength: 1 },
    interface: { type: "string", minLength: 1 },
    idempotencyKey: { type: "string", minLength: 1 },
    containerId: { type: "string", pattern: "^c[0-9a-f]{31}$" },
    netnsInode: { type: "integer" },
    netnsId: { type: "string" },
    leasePid: { type: "integer", minimum: 1 },
    conflist: { type: "string", minLength: 2 },
    masquerade: { type: "boolean" },
    result: { type: "string" },
    rule: { type: "string" },
    createdAtMs: { type: "integer" },
  },
};

const isRecord = new Ajv().compile(schema);

/** The record that a row's JSON holds; undefined for anything else. */
export function parseRecord(json: string): AttachmentRecord | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
