import { interfaceNamePattern } from "../contract/plan.ts";
import { isObject, type Json, type JsonObject } from "./json.ts";

/** Keys of a plugin that netd looks at. Plugins in Go match keys without regard to case: only one spelling may pass. */
const knownKeys = [
  "cniVersion",
  "name",
  "type",
  "capabilities",
  "ipam",
  "ipMasq",
  "runtimeConfig",
  "args",
  "prevResult",
];
const knownIpamKeys = ["type", "dataDir", "ranges", "subnet", "rangeStart", "rangeEnd", "gateway"];

/** Spec 1.1, section 1, "Plugin configuration objects": keys that the runtime makes. */
const reservedKeys = ["runtimeConfig", "args", "prevResult"];

/** Why netd does not take a plugin's configuration, and what to write instead; undefined for one that it takes. */
export function refusalOf(plugin: JsonObject): string | undefined {
  const { ipam } = plugin;
  const misspelt = findMisspelt(plugin, knownKeys) ?? (isObject(ipam) && findMisspelt(ipam, knownIpamKeys));
  if (misspelt) return misspelt;
  const reserved = Object.keys(plugin).find(
    (key) => reservedKeys.includes(key) || key.startsWith("cni.dev/"),
  );
  if (reserved) return `${reserved} is written by netd for each attachment: take it out`;
  if (plugin.ipMasq !== undefined && plugin.ipMasq !== false)
    return "ipMasq: netd masquerades itself: take it out, and set masquerade in the policy's [network] section";
  if (plugin.type === "bridge" && plugin.bridge !== undefined && !isInterfaceName(plugin.bridge))
    return `bridge: ${JSON.stringify(plugin.bridge)} is no name of an interface: a letter, and up to 14 letters, digits, _ . -`;
  if (isObject(ipam) && ipam.type === "host-local" && ipam.dataDir !== undefined)
    return "ipam.dataDir: netd keeps leases itself, so that they end with the boot: take it out";
  return undefined;
}

/** The bridge plugin takes an empty name for none, and then has a name of its own. */
function isInterfaceName(name: Json): boolean {
  return name === "" || (typeof name === "string" && new RegExp(interfaceNamePattern).test(name));
}

function findMisspelt(object: JsonObject, known: readonly string[]): string | undefined {
  for (const key of Object.keys(object)) {
    const right = known.find(
      (candidate) => candidate !== key && candidate.toLowerCase() === key.toLowerCase(),
    );
    if (right) return `${key} is to be written ${right}`;
  }
  return undefined;
}
