import { Ajv } from "ajv";
import { messageOf } from "../errors.ts";
import { refusalOf } from "./conflist-rules.ts";
import { describeSchemaErrors, findInexactNumber, isObject, type Json, type JsonObject } from "./json.ts";
import { type CniVersion, cniVersions, isAtLeast, isCniVersion } from "./version.ts";

/** One plugin of the chain. */
export interface Plugin {
  /** Name of its program in the plugin directory. */
  readonly type: string;
  /** Name of the program that it leaves the leasing of addresses to; undefined when it has none. */
  readonly ipamType: string | undefined;
  /** The capability arguments that it understands. */
  readonly capabilities: ReadonlySet<string>;
  /** The plugin's whole object in the conflist. */
  readonly json: JsonObject;
}

/** A network configuration (CNI spec, section 1). */
export interface Conflist {
  /** Where it was read, for messages. */
  readonly source: string;
  /** Exactly as it was read: what the journal keeps for DEL (R10). */
  readonly text: string;
  readonly name: string;
  readonly cniVersion: CniVersion;
  readonly disableCheck: boolean;
  readonly plugins: readonly Plugin[];
  readonly bounds: Bounds;
}

/**
 * What the admin says to netd's worker in the conflist itself, under "cntnr": it holds whatever the policy says, because the
 * policy is read by the part of netd that talks to users.
 */
export interface Bounds {
  /** Lowest port of the host that may be published. */
  readonly lowestPort: number;
  /** Whether attachments may be made whose packets do not pass the host, and so are not filtered (macvlan). */
  readonly isUnfilteredAccepted: boolean;
}

/** A conflist that netd does not take; the message says where and what to do. */
export class ConflistError extends Error {
  override readonly name = "ConflistError";
}

/** What the schema guarantees. */
interface ConflistDocument extends JsonObject {
  readonly cniVersion: string;
  readonly cniVersions?: readonly string[];
  readonly name: string;
  readonly disableCheck?: boolean;
  readonly plugins: readonly PluginDocument[];
  readonly cntnr?: { readonly lowestPort?: number; readonly acceptUnfiltered?: boolean };
}

interface PluginDocument extends JsonObject {
  readonly type: string;
  readonly ipam?: JsonObject & { readonly type?: string };
  readonly capabilities?: { readonly [name: string]: boolean };
}

/** R3: no separator and no leading dot, so that a type never names anything outside the plugin directory. */
const type = { type: "string", pattern: "^[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}$" };

const schema = {
  type: "object",
  required: ["cniVersion", "name", "plugins"],
  properties: {
    cniVersion: { type: "string" },
    cniVersions: { type: "array", maxItems: 32, items: { type: "string" } },
    // The spec's characters, and a length that a directory's name can have: host-local makes one of it.
    name: { type: "string", pattern: "^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,63}$" },
    disableCheck: { type: "boolean" },
    cntnr: {
      type: "object",
      additionalProperties: false,
      properties: {
        lowestPort: { type: "integer", minimum: 1, maximum: 65535 },
        acceptUnfiltered: { type: "boolean" },
      },
    },
    plugins: {
      type: "array",
      minItems: 1,
      maxItems: 16,
      items: {
        type: "object",
        required: ["type"],
        properties: {
          type,
          ipam: { type: "object", properties: { type } },
          capabilities: { type: "object", additionalProperties: { type: "boolean" } },
        },
      },
    },
  },
};

/** Below it only root may listen (ip(7)), unless the machine is set otherwise; so users do not publish there, either (R11). */
const lowestUnprivilegedPort = 1024;

const validate = new Ajv().compile(schema);

function isDocument(value: Json): value is ConflistDocument {
  return validate(value);
}

/** Reads an admin's conflist; `source` is its path, for messages. Throws ConflistError. */
export function parseConflist(text: string, source: string): Conflist {
  const conflist = parseStoredConflist(text, source);
  for (const [index, { json }] of conflist.plugins.entries()) {
    const refusal = refusalOf(json);
    if (refusal) throw new ConflistError(`${source}: at plugins/${index}: ${refusal}`);
  }
  return conflist;
}

/**
 * Reads a conflist that was accepted once and kept in the journal since. What netd refuses in new ones does not matter
 * here: what was made with it must be taken away with it, also by a netd that has become stricter (R10, F8).
 * Throws ConflistError.
 */
export function parseStoredConflist(text: string, source: string): Conflist {
  const fail = (why: string, options?: ErrorOptions) => new ConflistError(`${source}: ${why}`, options);
  const json = parseJson(text, fail);
  if (isObject(json) && json.type !== undefined && json.plugins === undefined)
    throw fail('is a single plugin: write {"cniVersion": "1.0.0", "name": "...", "plugins": [...]}');
  if (!isDocument(json)) throw fail(describeSchemaErrors(validate.errors));
  const inexact = findInexactNumber(json);
  if (inexact !== undefined) throw fail(`the number ${inexact} is too big to be passed on exactly`);
  return {
    source,
    text,
    name: json.name,
    cniVersion: selectVersion(json, fail),
    disableCheck: json.disableCheck ?? false,
    plugins: json.plugins.map(readPlugin),
    bounds: {
      lowestPort: json.cntnr?.lowestPort ?? lowestUnprivilegedPort,
      isUnfilteredAccepted: json.cntnr?.acceptUnfiltered ?? false,
    },
  };
}

function parseJson(text: string, fail: (why: string, options: ErrorOptions) => ConflistError): Json {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw fail(`is not JSON: ${messageOf(cause)}`, { cause });
  }
}

/** Spec 1.1, section 1, "Version considerations": the highest of the configuration's that the runtime supports. */
function selectVersion(document: ConflistDocument, fail: (why: string) => ConflistError): CniVersion {
  const offered = [document.cniVersion, ...(document.cniVersions ?? [])];
  const [first, ...others] = offered.filter(isCniVersion);
  if (!first) throw fail(`cniVersion ${offered.join(", ")} is not supported, only ${cniVersions.join(", ")}`);
  return others.reduce((best, version) => (isAtLeast(best, version) ? best : version), first);
}

function readPlugin(json: PluginDocument): Plugin {
  const declared = Object.entries(json.capabilities ?? {}).flatMap(([name, isOn]) => (isOn ? [name] : []));
  return { type: json.type, ipamType: json.ipam?.type, capabilities: new Set(declared), json };
}
