import { readFileSync } from "node:fs";
import { CntnrError, messageOf } from "../../errors/cntnr-error.ts";

/** Where a secret of `--secret` comes from. */
export type SecretSource =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "variable"; readonly name: string };

const largestSecretBytes = 512 * 1024;

/** A secret's value. Throws CntnrError `build`. */
export function readSecret(id: string, source: SecretSource, env: NodeJS.ProcessEnv): Buffer {
  const value = source.kind === "file" ? readFile(id, source.path) : Buffer.from(env[source.name] ?? "");
  if (source.kind === "variable" && env[source.name] === undefined)
    throw new CntnrError("build", `secret ${id}: the environment has no ${source.name}`);
  if (value.length > largestSecretBytes)
    throw new CntnrError("build", `secret ${id} is longer than ${largestSecretBytes} bytes`);
  return value;
}

function readFile(id: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new CntnrError("build", `secret ${id}: ${messageOf(error)}`, { cause: error });
  }
}
