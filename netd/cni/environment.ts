/** What netd asks of plugins. */
export type CniCommand = "ADD" | "DEL" | "CHECK" | "VERSION";

/** Which interface of which namespace a call is about (spec, section 3, "Attachment parameters"). */
export interface AttachmentParameters {
  /** Made by netd, unique, never used again (R5, R6). */
  readonly containerId: string;
  /** netd's own pin of the namespace (N11); empty when the namespace is gone. */
  readonly netnsPath: string;
  readonly interfaceName: string;
}

/** Without /usr/sbin, plugins do not find iptables (R7). */
const searchPath = "/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * The whole environment of one call of a plugin. There is no CNI_ARGS, whatever was asked for (R1), and nothing of
 * netd's own environment: plugins obey CNI_NETNS_OVERRIDE, loaders LD_PRELOAD (R7). Throws for a value that no caller
 * of netd's can have meant.
 */
export function attachmentEnvironment(
  command: Exclude<CniCommand, "VERSION">,
  { containerId, netnsPath, interfaceName }: AttachmentParameters,
  pluginDir: string,
): Record<string, string> {
  require("container id", containerId, /^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/);
  require("interface name", interfaceName, /^[a-zA-Z][a-zA-Z0-9_.-]{0,14}$/);
  // Only DEL is for namespaces that are gone (spec, section 2).
  require("namespace", netnsPath, command === "DEL" ? /^(\/[a-zA-Z0-9_.-]+)*$/ : /^(\/[a-zA-Z0-9_.-]+)+$/);
  return {
    CNI_COMMAND: command,
    CNI_CONTAINERID: containerId,
    CNI_NETNS: netnsPath,
    CNI_IFNAME: interfaceName,
    CNI_PATH: pluginDir,
    PATH: searchPath,
  };
}

/** The environment for asking a plugin for its versions. */
export function versionEnvironment(pluginDir: string): Record<string, string> {
  return { CNI_COMMAND: "VERSION", CNI_PATH: pluginDir, PATH: searchPath };
}

function require(what: string, value: string, pattern: RegExp): void {
  if (!pattern.test(value)) throw new Error(`${what} ${JSON.stringify(value)} is not fit for a plugin`);
}
