import type { JSONSchemaType } from "ajv";

/** What the front has decided about one attachment, as far as the worker needs it. */
export interface AttachmentPlan {
  /** Name in the policy. */
  readonly network: string;
  /** SHA-256 of the conflist's text, in hexadecimal: the decision was about this one and no later one (R17). */
  readonly conflistHash: string;
  readonly interface: string;
  readonly masquerade: boolean;
  /** The rule that allowed it: title and place. For the records alone. */
  readonly rule: string;
}

/** Linux has room for 15 bytes (IFNAMSIZ); these characters are safe for every plugin and every tool that lists them. */
export const interfaceNamePattern = "^[a-zA-Z][a-zA-Z0-9_.-]{0,14}$";
/** R5: no `-`, which separates names in the caches of CNI's own library. */
export const networkNamePattern = "^[a-z0-9][a-z0-9_]{0,31}$";

export const planSchema: JSONSchemaType<AttachmentPlan> = {
  type: "object",
  additionalProperties: false,
  required: ["network", "conflistHash", "interface", "masquerade", "rule"],
  properties: {
    network: { type: "string", pattern: networkNamePattern },
    conflistHash: { type: "string", pattern: "^[0-9a-f]{64}$" },
    interface: { type: "string", pattern: interfaceNamePattern, not: { enum: ["all", "default", "lo"] } },
    masquerade: { type: "boolean" },
    rule: { type: "string", maxLength: 1024 },
  },
};
