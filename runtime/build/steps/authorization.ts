import { readSecret, type SecretSource } from "./secrets.ts";

/** Ids of two secrets: the value of the Authorization header, and a token that is put into one. */
export interface AuthorizationIds {
  readonly header: string;
  readonly token: string;
}

/**
 * The value of the Authorization header, by the first of these secrets that the build has; undefined when it has none. Throws CntnrError
 * `build` for a secret that cannot be read.
 */
export function findAuthorization(
  candidates: readonly AuthorizationIds[],
  headerOf: (token: string) => string,
  secrets: ReadonlyMap<string, SecretSource>,
  env: NodeJS.ProcessEnv,
): string | undefined {
  const secretOf = (id: string) => {
    const source = secrets.get(id);
    return source && readSecret(id, source, env).toString().trim();
  };
  for (const ids of candidates) {
    const header = secretOf(ids.header);
    if (header !== undefined) return header;
    const token = secretOf(ids.token);
    if (token !== undefined) return headerOf(token);
  }
  return undefined;
}
