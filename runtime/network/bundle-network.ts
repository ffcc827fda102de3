/**
 * Annotation of a bundle's config.json: the networks to attach in interface order, a JSON array whose elements are names,
 * or objects of `name`, `addresses`, `mac` and `ports` (see `network-request.ts`).
 */
export const networksAnnotation = "io.cntnr.networks";

interface OciHook {
  readonly path: string;
  readonly args: readonly string[];
  readonly env: readonly string[];
  /** Seconds. */
  readonly timeout: number;
}

/** The `hooks` part of config.json (runtime-spec, config.md, "POSIX-platform Hooks") that attaches and detaches. */
export interface NetworkHooks {
  readonly createRuntime: readonly OciHook[];
  readonly poststop: readonly OciHook[];
}

/** Environment variables of the user that a hook needs to find the same netd and the same state directory. */
const hookEnvironment = ["PATH", "HOME", "XDG_RUNTIME_DIR", "XDG_DATA_HOME", "CNTNR_NETD_SOCKET"];

/**
 * The hooks of a bundle whose container asks netd for networks.
 * @param program how to start `cntnr`: an absolute path, and words that come before its arguments
 * @param runDir the user's state directory (`Directories.run`), where the hook keeps what netd answered
 */
export function networkHooks(
  [path, ...words]: readonly [string, ...string[]],
  runDir: string,
  env: NodeJS.ProcessEnv,
): NetworkHooks {
  const hook = (stage: string): OciHook => ({
    path,
    args: ["cntnr", ...words, "--state-dir", runDir, "oci-hook", stage],
    env: hookEnvironment.flatMap((name) => (env[name] === undefined ? [] : [`${name}=${env[name]}`])),
    timeout: 60,
  });
  return { createRuntime: [hook("createRuntime")], poststop: [hook("poststop")] };
}
