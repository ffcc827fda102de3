import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { CntnrError, messageOf } from "../errors/cntnr-error.ts";
import { networksAnnotation } from "./bundle-network.ts";
import { type NetworkRequest, networkRequestSchema, plainNetwork } from "./network-request.ts";

/** runc's own rule for container ids; it is also a safe file name. */
const containerId = v.pipe(v.string(), v.regex(/^[A-Za-z0-9_+.-]{1,1024}$/), v.notValues([".", ".."]));

const stateSchema = v.object({
  id: containerId,
  pid: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0)), 0),
  bundle: v.string(),
  annotations: v.optional(v.record(v.string(), v.string()), {}),
});

/** What a runtime tells its hooks on standard input (runtime-spec, runtime.md, "State"). */
export type OciState = v.InferOutput<typeof stateSchema>;

export function parseOciState(text: string): OciState {
  return parse(stateSchema, text, "the container state on standard input");
}

/** In bundles that people write a name will do. */
const networksSchema = v.pipe(
  v.array(v.union([v.pipe(v.string(), v.minLength(1)), networkRequestSchema])),
  v.maxLength(16),
);

/** The networks that the bundle asks for, in interface order. Throws CntnrError `usage`. */
export function requestedNetworks(state: OciState): readonly NetworkRequest[] {
  const text = state.annotations[networksAnnotation];
  if (text === undefined)
    throw new CntnrError(
      "usage",
      `the bundle has no annotation ${networksAnnotation}, so no network to attach`,
    );
  return parse(networksSchema, text, `annotation ${networksAnnotation}`).map((network) =>
    typeof network === "string" ? plainNetwork(network) : network,
  );
}

const configSchema = v.object({
  hostname: v.optional(v.string(), ""),
  mounts: v.optional(v.array(v.object({ destination: v.string(), source: v.optional(v.string()) })), []),
  linux: v.optional(
    v.object({
      namespaces: v.optional(v.array(v.object({ type: v.string(), path: v.optional(v.string(), "") })), []),
    }),
    { namespaces: [] },
  ),
});

/** The parts of a bundle's config.json that the hook needs. */
export type BundleConfig = v.InferOutput<typeof configSchema>;

export function readBundleConfig(bundle: string): BundleConfig {
  const path = join(bundle, "config.json");
  return parse(configSchema, readFileSync(path, "utf8"), path);
}

function parse<S extends v.GenericSchema>(schema: S, text: string, where: string): v.InferOutput<S> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new CntnrError("usage", `${where}: no JSON: ${messageOf(error)}`, { cause: error });
  }
  const result = v.safeParse(schema, value);
  if (!result.success) throw new CntnrError("usage", `${where}: ${result.issues[0].message}`);
  return result.output;
}
