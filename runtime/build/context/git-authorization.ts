import { findAuthorization } from "../steps/authorization.ts";
import type { SecretSource } from "../steps/secrets.ts";

/**
 * The environment in which Git tells a repository's server who asks: by the secret GIT_AUTH_HEADER (the header's value) or
 * GIT_AUTH_TOKEN, with `.HOST` at its end for one server alone, as BuildKit has them. In the environment, since everybody sees a
 * command's arguments. Throws CntnrError `build` for a secret that cannot be read.
 */
export function gitAuthorization(
  remote: string,
  secrets: ReadonlyMap<string, SecretSource>,
  env: NodeJS.ProcessEnv,
): NodeJS.ProcessEnv {
  if (!/^https?:\/\//i.test(remote) || !URL.canParse(remote)) return {};
  const { protocol, host, hostname } = new URL(remote);
  const candidates = [`.${host}`, `.${hostname}`, ""].map((suffix) => ({
    header: `GIT_AUTH_HEADER${suffix}`,
    token: `GIT_AUTH_TOKEN${suffix}`,
  }));
  const header = findAuthorization(candidates, basic, secrets, env);
  if (header === undefined) return {};
  // git-config(1): settings may be in the environment already.
  const count = Number(env.GIT_CONFIG_COUNT ?? "0");
  return {
    GIT_CONFIG_COUNT: String(count + 1),
    [`GIT_CONFIG_KEY_${count}`]: `http.${protocol}//${host}/.extraHeader`,
    [`GIT_CONFIG_VALUE_${count}`]: `Authorization: ${header}`,
  };
}

/** As whom GitHub and others take who has a token. */
function basic(token: string): string {
  return `basic ${Buffer.from(`x-access-token:${token}`).toString("base64")}`;
}
