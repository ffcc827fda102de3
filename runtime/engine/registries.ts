import type { EngineContext, WaitOptions } from "./context.ts";

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** Whom registries know this user as: kept in containers-auth.json(5), which skopeo, podman and buildah read as well. */
export class Registries {
  readonly #context: EngineContext;

  constructor(context: EngineContext) {
    this.#context = context;
  }

  /**
   * Tries credentials at a registry, and keeps them for pulls and pushes.
   * @param options.tlsVerify whether the registry must prove who it is; default: as registries.conf(5) says
   * Throws CntnrError `not-permitted` with the registry's words.
   */
  async login(
    registry: string,
    credentials: Credentials,
    options: WaitOptions & { readonly tlsVerify?: boolean } = {},
  ): Promise<void> {
    const { logIn } = await import("../image/registry-login.ts");
    const { tlsVerify } = options;
    await logIn(registry, credentials, {
      ...(tlsVerify === undefined ? {} : { tlsVerify }),
      ...this.#context.waiting(options),
    });
  }

  /** Forgets them: those of one registry, or of all. Throws CntnrError `not-found` for a registry that none are kept for. */
  async logout(registry: string | "all", options: WaitOptions = {}): Promise<void> {
    const { logOut } = await import("../image/registry-login.ts");
    await logOut(registry, this.#context.waiting(options));
  }
}
