import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type {
  NetworkPlugins,
  NetworkShape,
  PluginResult,
  Preparation,
} from "../attachment/network-plugins.ts";
import type { AttachmentRecord } from "../journal/record.ts";
import { isTransient } from "./cni-error.ts";
import { type Conflist, parseStoredConflist } from "./conflist.ts";
import { waitsForNobody, withoutDuplicateDetection } from "./duplicate-detection.ts";
import {
  addNetwork,
  type CniAttachment,
  checkNetwork,
  deleteNetwork,
  type ExecuteOptions,
  once,
} from "./execute.ts";
import { isLeasedTo } from "./leases.ts";
import { bridgeOf, leasingOf } from "./network-facts.ts";
import { PluginDirectory } from "./plugin-directory.ts";
import { type CniResult, parseStoredResult, ResultError } from "./result.ts";

export interface CniPluginsOptions {
  readonly pluginDir: string;
  /** Where host-local keeps its leases. */
  readonly leaseDir: string;
  /** netd's lock, for the plugins to hold as well while they run. */
  readonly lockFd: number | undefined;
  readonly onStep: (step: string) => void | Promise<void>;
}

/** R8. A netd that starts waits for longer than this for a dead one's plugin. */
const timeoutMs = 30_000;
/** Waits before further attempts of an ADD that failed for a passing reason (R9). */
const retryDelaysMs = [100, 400, 1600];

/** The plugins of this machine, as netd's attachments use them. */
export class CniPlugins implements NetworkPlugins {
  readonly #options: ExecuteOptions;
  /** How often each type of plugin has failed. */
  readonly failures = new Map<string, number>();

  constructor({ pluginDir, leaseDir, lockFd, onStep }: CniPluginsOptions) {
    this.#options = {
      plugins: new PluginDirectory(pluginDir),
      leaseDir,
      lockFd,
      onStep,
      timeoutMs,
      onFailure: (type) => this.failures.set(type, (this.failures.get(type) ?? 0) + 1),
    };
  }

  /** Throws an Error, for the admin, when a conflist cannot work on this machine. */
  selfTest(conflist: Conflist): Promise<void> {
    return this.#options.plugins.selfTest(conflist, this.#options);
  }

  async add(record: AttachmentRecord, netnsPath: string, prepare: Preparation): Promise<PluginResult> {
    const [conflist, attachment] = [conflistOf(record), attachmentOf(record, netnsPath)];
    const add = () => this.#add(conflist, attachment, once(prepare));
    if (!waitsForNobody(conflist)) return add();
    return withoutDuplicateDetection(netnsPath, this.#options.lockFd, add);
  }

  async #add(conflist: Conflist, attachment: CniAttachment, prepare: Preparation): Promise<PluginResult> {
    for (const delayMs of retryDelaysMs) {
      try {
        return describe(await addNetwork(conflist, attachment, this.#options, prepare));
      } catch (error) {
        if (!isTransient(error)) throw error;
        // Another ADD without a DEL between them is not allowed (spec, section 2).
        await deleteNetwork(conflist, attachment, undefined, this.#options);
        await delay(delayMs);
      }
    }
    return describe(await addNetwork(conflist, attachment, this.#options, prepare));
  }

  async delete(record: AttachmentRecord, netnsPath: string, prepare: Preparation): Promise<void> {
    await deleteNetwork(
      conflistOf(record),
      attachmentOf(record, netnsPath),
      storedResultOf(record),
      this.#options,
      once(prepare),
    );
  }

  async check(record: AttachmentRecord, netnsPath: string): Promise<void> {
    const result = parseStoredResult(record.result);
    await checkNetwork(conflistOf(record), attachmentOf(record, netnsPath), result, this.#options);
  }

  shapeOf(record: AttachmentRecord): NetworkShape {
    const conflist = conflistOf(record);
    return {
      subnets: leasingOf(conflist).subnets,
      bridge: bridgeOf(conflist),
      isUnfilteredAccepted: conflist.bounds.isUnfilteredAccepted,
    };
  }

  residueOf(record: AttachmentRecord): string[] {
    const addresses = storedResultOf(record)?.ips.map(({ address }) => address.split("/")[0] ?? "") ?? [];
    const network = conflistOf(record).name;
    return addresses
      .filter((address) => isLeasedTo(record.containerId, join(this.#options.leaseDir, network, address)))
      .map((address) => `lease ${network}/${address}`);
  }

  parseResult(json: string): PluginResult {
    return describe(parseStoredResult(json));
  }
}

function conflistOf(record: AttachmentRecord): Conflist {
  return parseStoredConflist(record.conflist, `journal, network ${record.plan.network}`);
}

/** The capability arguments are netd's own words, and nobody else's (R1, R2): what the policy has let be chosen. */
function attachmentOf({ containerId, plan }: AttachmentRecord, netnsPath: string): CniAttachment {
  const { interface: interfaceName, mac, staticIps, keptAddresses } = plan;
  const capabilityArguments = {
    ...(mac === "" ? {} : { mac }),
    ...(staticIps.length === 0 ? {} : { ips: staticIps }),
  };
  return { containerId, interfaceName, netnsPath, capabilityArguments, keptAddresses };
}

/** Undefined also for a damaged one: DEL without prevResult frees what it can, no DEL at all would free nothing. */
function storedResultOf({ result }: AttachmentRecord): CniResult | undefined {
  if (result === "") return undefined;
  try {
    return parseStoredResult(result);
  } catch (error) {
    if (error instanceof ResultError) return undefined;
    throw error;
  }
}

function describe({ interfaces, ips, dns, json }: CniResult): PluginResult {
  const inSandbox = (index: number | undefined) => index === undefined || interfaces[index]?.sandbox !== "";
  const own = ips.filter((ip) => inSandbox(ip.interface));
  return {
    json: JSON.stringify(json),
    given: {
      mac: interfaces.find(({ sandbox }) => sandbox !== "")?.mac ?? "",
      addresses: own.map(({ address }) => address),
      gateways: own.flatMap(({ gateway }) => gateway ?? []),
      nameservers: dns.nameservers,
      searchDomains: dns.domain === undefined || dns.search.length > 0 ? dns.search : [dns.domain],
    },
    hostInterfaces: interfaces.filter(({ sandbox }) => sandbox === "").map(({ name }) => name),
  };
}
