import { createHash } from "node:crypto";
import { join } from "node:path";
import { readTrustedFile } from "../../policy/trusted-file.ts";
import { type Conflist, parseConflist } from "../cni/conflist.ts";
import type { AttachmentPlan } from "../contract/plan.ts";
import type { NetworkChoice, NetworkFacts } from "../contract/worker-calls.ts";
import { Refusal } from "../errors.ts";

export interface NetworksOptions {
  /** Root's own directory of conflists: nothing else can be run (R3). */
  readonly directory: string;
  /** Throws when a plugin of the conflist is missing or not to be trusted. */
  readonly selfTest: (conflist: Conflist) => Promise<void>;
}

interface Network {
  readonly conflist: Conflist;
  readonly hash: string;
}

/** The conflists that attachments can be made with: the ones of the policy in force, as the worker has read them itself. */
export class Networks {
  #networks: ReadonlyMap<string, Network> = new Map();

  constructor(private readonly options: NetworksOptions) {}

  /** Reads and tests all of them, or keeps what was there and throws Refusal `failed` (C4). */
  async configure(choices: readonly NetworkChoice[]): Promise<NetworkFacts[]> {
    const networks = new Map<string, Network>();
    try {
      for (const { network, conflist } of choices) networks.set(network, await this.#read(conflist));
    } catch (cause) {
      throw new Refusal("failed", "", { cause });
    }
    this.#networks = networks;
    return [...networks].map(([network, { conflist, hash }]) => ({
      network,
      conflistHash: hash,
      plugins: conflist.plugins.map(({ type }) => type),
    }));
  }

  /** The conflist that a plan is about. Throws Refusal when it is not the one in force (R17). */
  conflistOf({ network, conflistHash }: AttachmentPlan): Conflist {
    const found = this.#networks.get(network);
    if (found?.hash === conflistHash) return found.conflist;
    throw new Refusal("unavailable", "the configuration has just changed: try again");
  }

  async #read(name: string): Promise<Network> {
    const path = join(this.options.directory, name);
    const conflist = parseConflist((await readTrustedFile(path)).toString("utf8"), path);
    await this.options.selfTest(conflist);
    return { conflist, hash: createHash("sha256").update(conflist.text).digest("hex") };
  }
}
