import { join } from "node:path";
import type { HostAddressing } from "../../policy/address/overlaps.ts";
import { readTrustedFile } from "../../policy/trusted-file.ts";
import type { Conflist } from "../cni/conflist.ts";
import type { AttachmentPlan } from "../contract/plan.ts";
import type { NetworkChoice, NetworkFacts } from "../contract/worker-calls.ts";
import { Refusal } from "../errors.ts";
import { type ConfiguredNetwork, clashes, configureNetwork, factsOf } from "./configured-network.ts";

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

/** The networks that attachments can be made on: those of the policy in force, by the conflists that the worker has read. */
export class Networks {
  #networks: ReadonlyMap<string, ConfiguredNetwork> = new Map();

  constructor(private readonly options: NetworksOptions) {}

  /** Reads and tests all of them, or keeps what was there and throws Refusal `failed` (C4). */
  async configure(choices: readonly NetworkChoice[]): Promise<NetworkFacts[]> {
    const networks = new Map<string, ConfiguredNetwork>();
    try {
      for (const { network, conflist } of choices) networks.set(network, await this.#read(conflist));
      const { hostAddressing, devicesOf } = this.options;
      const found = clashes(networks, hostAddressing(), devicesOf);
      if (found.length > 0) throw new Error(found.join("\n"));
    } catch (cause) {
      throw new Refusal("failed", "", { cause });
    }
    this.#networks = networks;
    return [...networks].map(([name, network]) => factsOf(name, network));
  }

  /** The network that a plan is about. Throws Refusal when its conflist is not the one in force (R17). */
  networkOf({ network, conflistHash }: Pick<AttachmentPlan, "network" | "conflistHash">): ConfiguredNetwork {
    const found = this.#networks.get(network);
    if (found?.hash === conflistHash) return found;
    throw new Refusal("unavailable", "the configuration has just changed: try again");
  }

  /** Bridges of all of them. */
  bridges(): string[] {
    return [...this.#networks.values()].flatMap(({ bridge }) => bridge ?? []);
  }

  async #read(name: string): Promise<ConfiguredNetwork> {
    const path = join(this.options.directory, name);
    const network = configureNetwork((await readTrustedFile(path)).toString("utf8"), path);
    await this.options.selfTest(network.conflist);
    return network;
  }
}
