import { findAuthorization } from "./authorization.ts";
import type { SecretSource } from "./secrets.ts";

/**
 * What a URL's server is told of who asks, by the secret HTTP_AUTH_HEADER_HOST (the header's value) or HTTP_AUTH_TOKEN_HOST (a
 * bearer's token), as BuildKit has them; HOST with or without its port. Throws CntnrError `build` for a secret that cannot be read.
 */
export function authorizationFor(
  url: string,
  secrets: ReadonlyMap<string, SecretSource>,
  env: NodeJS.ProcessEnv,
): string | undefined {
  const { host, hostname } = new URL(url);
  const candidates = [host, hostname].map((name) => ({
    header: `HTTP_AUTH_HEADER_${name}`,
    token: `HTTP_AUTH_TOKEN_${name}`,
  }));
  return findAuthorization(candidates, (token) => `Bearer ${token}`, secrets, env);
}
