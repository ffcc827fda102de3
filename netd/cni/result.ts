import { Ajv } from "ajv";
import { Address4, Address6 } from "ip-address";
import { messageOf } from "../errors.ts";
import { describeSchemaErrors, type Json, type JsonObject } from "./json.ts";
import { type CniVersion, isAtLeast, isCniVersion } from "./version.ts";

/** What a chain has made, whichever version of the specification it was said in. Everything in it was checked. */
export interface CniResult {
  readonly interfaces: readonly CniInterface[];
  readonly ips: readonly CniAddress[];
  readonly routes: readonly CniRoute[];
  readonly dns: CniDns;
  /** As the plugins said it, in the conflist's version: the prevResult of what follows. */
  readonly json: JsonObject;
}

export interface CniInterface {
  readonly name: string;
  /** Lower case; empty when it has none. */
  readonly mac: string;
  /** The namespace's path; empty for an interface of the host. */
  readonly sandbox: string;
}

export interface CniAddress {
  /** With prefix length, in canonical form: 10.20.0.2/24, fd00::2/64. */
  readonly address: string;
  readonly gateway: string | undefined;
  /** Index of its interface; undefined when the plugin does not say. */
  readonly interface: number | undefined;
}

export interface CniRoute {
  /** With prefix length. */
  readonly dst: string;
  readonly gw: string | undefined;
}

export interface CniDns {
  readonly nameservers: readonly string[];
  readonly domain: string | undefined;
  readonly search: readonly string[];
  readonly options: readonly string[];
}

/** What a plugin printed is no result; the message says why. */
export class ResultError extends Error {
  override readonly name = "ResultError";
}

/** What the schema guarantees; the fields that all the supported versions have in common. */
interface ResultDocument extends JsonObject {
  readonly cniVersion?: string;
  readonly interfaces?: readonly {
    readonly name: string;
    readonly mac?: string;
    readonly sandbox?: string;
  }[];
  readonly ips?: readonly AddressDocument[];
  readonly routes?: readonly { readonly dst: string; readonly gw?: string }[];
  readonly dns?: {
    readonly nameservers?: readonly string[];
    readonly domain?: string;
    readonly search?: readonly string[];
    readonly options?: readonly string[];
  };
}

interface AddressDocument extends JsonObject {
  readonly address: string;
  readonly gateway?: string;
  readonly interface?: number;
}

const maxEntries = 64;

function listOf(required: readonly string[], properties: JsonObject) {
  return { type: "array", maxItems: maxEntries, items: { type: "object", required, properties } };
}

const text = { type: "string" };
// They end up in a resolv.conf: one word each.
const word = { type: "string", pattern: "^[!-~]{1,255}$" };
const words = { type: "array", maxItems: maxEntries, items: word };

const validate = new Ajv().compile({
  type: "object",
  properties: {
    cniVersion: text,
    interfaces: listOf(["name"], {
      name: { type: "string", pattern: "^[^\\s/:]{1,15}$" },
      // 6 bytes, 8 or 20 for other kinds of link.
      mac: { type: "string", pattern: "^([0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5,19})?$" },
      sandbox: { type: "string", maxLength: 4096 },
    }),
    ips: listOf(["address"], {
      address: text,
      gateway: text,
      // -1: not said. Plugins of 0.3 print it (the specification's own upgrade notes).
      interface: { type: "integer", minimum: -1 },
    }),
    routes: listOf(["dst"], { dst: text, gw: text }),
    dns: {
      type: "object",
      properties: {
        nameservers: words,
        domain: { ...word, pattern: "^[!-~]{0,255}$" },
        search: words,
        options: words,
      },
    },
  },
});

function isDocument(value: Json): value is ResultDocument {
  return validate(value);
}

/**
 * Reads what a plugin printed for ADD (spec, section 5, "Success"), or a stored prevResult.
 * @param version the conflist's: what the plugin was asked to answer in, and what `json` will be in
 * Throws ResultError.
 */
export function parseResult(printed: string, version: CniVersion): CniResult {
  const document = parseDocument(printed);
  const said = document.cniVersion ?? "";
  if (said !== "" && !isCniVersion(said))
    throw new ResultError(`is in unknown version ${JSON.stringify(said)}`);
  const interfaces = (document.interfaces ?? []).map(({ name, mac = "", sandbox = "" }) => {
    return { name, mac: mac.toLowerCase(), sandbox };
  });
  const { nameservers = [], domain, search = [], options = [] } = document.dns ?? {};
  return {
    interfaces,
    ips: (document.ips ?? []).map((ip) => readAddress(ip, interfaces.length)),
    routes: (document.routes ?? []).map(({ dst, gw }) => {
      return { dst: readSubnetAddress(dst), gw: gw ? readAddressAlone(gw) : undefined };
    }),
    dns: { nameservers: nameservers.map(readAddressAlone), domain: domain || undefined, search, options },
    json: said === version ? document : inVersion(document, version),
  };
}

function parseDocument(printed: string): ResultDocument {
  let json: Json;
  try {
    json = JSON.parse(printed);
  } catch (cause) {
    throw new ResultError(printed.trim() === "" ? "is empty" : `is not JSON: ${messageOf(cause)}`, { cause });
  }
  if (isDocument(json)) return json;
  throw new ResultError(describeSchemaErrors(validate.errors));
}

/**
 * The same result in another version: a plugin that left the version out, or answered in its own, so that the next one
 * still gets what it can read. Between 0.4 and 1.0 only `version` of an address went away.
 */
function inVersion(document: ResultDocument, version: CniVersion): JsonObject {
  const ips = document.ips?.map(({ version: _, ...ip }) => {
    if (isAtLeast(version, "1.0.0")) return ip;
    return { version: ip.address.includes(":") ? "6" : "4", ...ip };
  });
  return { ...document, cniVersion: version, ...(ips ? { ips } : {}) };
}

function readAddress(
  { address, gateway, interface: index = -1 }: AddressDocument,
  interfaceCount: number,
): CniAddress {
  // With no interface listed at all, which plugins of 0.3 may do, an index says nothing.
  if (index >= 0 && interfaceCount > 0 && index >= interfaceCount)
    throw new ResultError(`gives ${address} to interface ${index}, which is not there`);
  return {
    address: readSubnetAddress(address),
    gateway: gateway ? readAddressAlone(gateway) : undefined,
    interface: index >= 0 && index < interfaceCount ? index : undefined,
  };
}

/** An address with its prefix length, in canonical form. */
function readSubnetAddress(given: string): string {
  const prefix = /\/(0|[1-9][0-9]{0,2})$/.exec(given)?.[1];
  if (prefix === undefined) throw new ResultError(`${JSON.stringify(given)} has no prefix length`);
  return `${parseAddress(given).correctForm()}/${prefix}`;
}

function readAddressAlone(given: string): string {
  if (given.includes("/")) throw new ResultError(`${JSON.stringify(given)} has a prefix length`);
  return parseAddress(given).correctForm();
}

/** Not `ipaddr.js`, which takes 010.1.1.1 for an address. */
function parseAddress(given: string): Address4 | Address6 {
  try {
    const address = given.includes(":") ? new Address6(given) : new Address4(given);
    if (address instanceof Address6 && address.zone !== "") throw new Error("has a zone");
    return address;
  } catch (cause) {
    throw new ResultError(`${JSON.stringify(given)} is no address: ${messageOf(cause)}`, { cause });
  }
}

/** A result that was stored as JSON; its own version is the conflist's. Throws ResultError. */
export function parseStoredResult(stored: string): CniResult {
  const document = parseDocument(stored);
  if (document.cniVersion === undefined || !isCniVersion(document.cniVersion))
    throw new ResultError("has no version that netd knows");
  return parseResult(stored, document.cniVersion);
}
