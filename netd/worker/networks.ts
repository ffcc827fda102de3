import { createHash } from "node:crypto";
import { join } from "node:path";
import {
  type HostAddressing,
  type NetworkAddressing,
  refusedOverlaps,
} from "../../policy/address/overlaps.ts";
import { readTrustedFile } from "../../policy/trusted-file.ts";
import { type Conflist, ConflistError, parseConflist } from "../cni/conflist.ts";
import {
  bridgeOf,
  choicesOf,
  type Leasing,
  leasingOf,
  parentsOf,
  passesTheHost,
} from "../cni/network-facts.ts";
import type { AttachmentPlan } from "../contract/plan.ts";
import type { NetworkChoice, NetworkFacts } from "../contract/worker-calls.ts";
import { Refusal } from "../errors.ts";

export interface NetworksOptions {
  /** Root's own directory of conflists: nothing else can be run (R3). */
  readonly directory: string;
  /** Throws when a plugin of the conflist is missing or not to be trusted. */
  readonly selfTest: (conflist: Conflist) => Promise<void>;
  /** The host's own addresses and routes, now. */
  readonly hostAddressing: () => HostAddressing;
  /** Interfaces of the host that attachments of the network have. */
  readonly devicesOf: (network: string) => readonly string[];
}

/** A network as the worker knows it. */
export interface Network {
  readonly conflist: Conflist;
  readonly hash: string;
  readonly leasing: Leasing;
  /** The bridge that attachments become ports of; undefined when there is none. */
  readonly bridge: string | undefined;
}

/** The networks that attachments can be made on: those of the policy in force, by the conflists that the worker has read. */
export class Networks {
  #networks: ReadonlyMap<string, Network> = new Map();

  constructor(private readonly options: NetworksOptions) {}

  /** Reads and tests all of them, or keeps what was there and throws Refusal `failed` (C4). */
  async configure(choices: readonly NetworkChoice[]): Promise<NetworkFacts[]> {
    const networks = new Map<string, Network>();
    try {
      for (const { network, conflist } of choices) networks.set(network, await this.#read(conflist));
      this.#requireOwnAddresses(networks);
    } catch (cause) {
      throw new Refusal("failed", "", { cause });
    }
    this.#networks = networks;
    return [...networks].map(([name, network]) => factsOf(name, network));
  }

  /** The network that a plan is about. Throws Refusal when its conflist is not the one in force (R17). */
  networkOf({ network, conflistHash }: Pick<AttachmentPlan, "network" | "conflistHash">): Network {
    const found = this.#networks.get(network);
    if (found?.hash === conflistHash) return found;
    throw new Refusal("unavailable", "the configuration has just changed: try again");
  }

  /** Bridges of all of them. */
  bridges(): string[] {
    return [...this.#networks.values()].flatMap(({ bridge }) => bridge ?? []);
  }

  async #read(name: string): Promise<Network> {
    const path = join(this.options.directory, name);
    const conflist = parseConflist((await readTrustedFile(path)).toString("utf8"), path);
    if (passesTheHost(conflist) && !conflist.bounds.isUnfilteredAccepted)
      throw new ConflistError(
        `${path}: what its attachments send does not pass the host, so nothing of it can be filtered, isolated or limited: ` +
          'write "cntnr": {"acceptUnfiltered": true} beside "name" if that is what you want',
      );
    await this.options.selfTest(conflist);
    return {
      conflist,
      hash: createHash("sha256").update(conflist.text).digest("hex"),
      leasing: leasingOf(conflist),
      bridge: bridgeOf(conflist),
    };
  }

  /** D6: a network of addresses that are the host's own, or that it has a route to, would take them away from it. */
  #requireOwnAddresses(networks: ReadonlyMap<string, Network>): void {
    const host = this.options.hostAddressing();
    const onDefaultRoute = host.routes.filter(({ destination }) => destination === "default");
    const addressing = [...networks].map(([network, { conflist, leasing, bridge }]): NetworkAddressing => {
      const parents = parentsOf(conflist).flatMap((name) =>
        name === undefined ? onDefaultRoute.map(({ device }) => device) : [name],
      );
      return {
        network,
        subnets: leasing.subnets === "unknown" ? [] : leasing.subnets.map(({ range }) => range),
        devices: [...(bridge === undefined ? [] : [bridge]), ...parents, ...this.options.devicesOf(network)],
      };
    });
    const overlaps = refusedOverlaps(addressing, host);
    if (overlaps.length > 0)
      throw new Error(overlaps.map(({ network, reason }) => `network ${network}: ${reason} (D6)`).join("\n"));
  }
}

function factsOf(network: string, { conflist, hash, leasing }: Network): NetworkFacts {
  const { subnets, addressesEach } = leasing;
  return {
    network,
    conflistHash: hash,
    plugins: conflist.plugins.map(({ type }) => type),
    subnets:
      subnets === "unknown"
        ? subnets
        : subnets.map(({ range, gateway }) => ({ range: range.text, gateway: gateway?.text ?? "" })),
    addressesEach,
    choices: choicesOf(conflist),
    lowestPort: conflist.bounds.lowestPort,
    isFiltered: !passesTheHost(conflist),
  };
}
