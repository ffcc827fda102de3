import { CntnrError } from "../errors/cntnr-error.ts";
import type { GrantedNetwork } from "../network/networks.ts";
import type { EngineContext, WaitOptions } from "./context.ts";

/** The networks that cntnr-netd grants to this user. All methods throw CntnrError; `unavailable` where there is no cntnr-netd. */
export class Networks {
  readonly #context: EngineContext;

  constructor(context: EngineContext) {
    this.#context = context;
  }

  /** What is granted, and what is left of the quotas. */
  async list(options: WaitOptions = {}): Promise<GrantedNetwork[]> {
    const { listNetworks } = await import("../network/networks.ts");
    return listNetworks(this.#context.env, this.#context.waiting(options));
  }

  /** One of them. Throws `not-found`, the same for a network that is not granted and for one that is not there (N3). */
  async inspect(name: string, options: WaitOptions = {}): Promise<GrantedNetwork> {
    const network = (await this.list(options)).find((candidate) => candidate.name === name);
    if (network) return network;
    throw new CntnrError("not-found", `network ${name}: none that you may use`);
  }
}
