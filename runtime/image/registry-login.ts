import { CntnrError } from "../errors/cntnr-error.ts";
import { runCommand } from "../process/run-command.ts";
import { fatalMessage } from "./skopeo-failure.ts";

export interface RegistryOptions {
  /** Default: as registries.conf(5) says. */
  readonly tlsVerify?: boolean;
  readonly signal?: AbortSignal;
}

const timeoutMs = 60_000;

/** Has skopeo try credentials at a registry, and keep them in containers-auth.json(5). Throws CntnrError `not-permitted`. */
export async function logIn(
  registry: string,
  { username, password }: { readonly username: string; readonly password: string },
  { tlsVerify, signal }: RegistryOptions,
): Promise<void> {
  const verify = tlsVerify === undefined ? [] : [`--tls-verify=${tlsVerify}`];
  // Not as an argument, which everybody on the machine could read.
  const args = ["login", `--username=${username}`, "--password-stdin", ...verify, "--", registry];
  const result = await runCommand("skopeo", args, {
    ...{ stdin: password, timeoutMs },
    ...(signal ? { signal } : {}),
  });
  if (result.exitCode !== 0)
    throw new CntnrError("not-permitted", `the login failed: ${fatalMessage(result)}`);
}

/** Has skopeo forget the credentials for a registry, or for all. Throws CntnrError `not-found` when there are none. */
export async function logOut(
  registry: string | "all",
  { signal }: Pick<RegistryOptions, "signal">,
): Promise<void> {
  const which = registry === "all" ? ["--all"] : ["--", registry];
  const result = await runCommand("skopeo", ["logout", ...which], {
    timeoutMs,
    ...(signal ? { signal } : {}),
  });
  if (result.exitCode !== 0) throw new CntnrError("not-found", `the logout failed: ${fatalMessage(result)}`);
}
