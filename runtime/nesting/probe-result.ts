import * as v from "valibot";

const outcome = v.nullable(v.string());

/** Of each thing that was tried the name of its errno(3), or null when it can be done. */
export const probeSchema = v.strictObject({
  proc: outcome,
  sysfs: outcome,
  pivotRoot: outcome,
  keyring: outcome,
  hostname: outcome,
});
export type Probe = v.InferOutput<typeof probeSchema>;
