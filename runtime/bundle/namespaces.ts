import type { ContainerOptions } from "../container/container-options.ts";
import { CntnrError } from "../errors/cntnr-error.ts";
import type { OciNamespace } from "./oci-config.ts";

/** A running container whose namespaces another one shares. */
export interface JoinedContainer {
  readonly id: string;
  readonly pid: number;
  /** Its bundle, whose files the other one shares with its network. */
  readonly directory: string;
}

type SharingOptions = Pick<ContainerOptions, "pid" | "ipc" | "uts" | "userns" | "cgroupns" | "network">;
type Source = SharingOptions["userns"];

/** Names of namespaces in /proc/PID/ns, which are not those of the specification. */
const files = { pid: "pid", network: "net", ipc: "ipc", uts: "uts", user: "user" } as const;

function sourcesOf(options: SharingOptions): Readonly<Record<keyof typeof files, Source>> {
  const { network } = options;
  return {
    user: options.userns,
    pid: options.pid,
    network: network.kind === "none" || network.kind === "netd" ? undefined : network,
    ipc: options.ipc,
    uts: options.uts,
  };
}

/** The container whose namespaces are asked for; undefined for none. Throws CntnrError `unsupported` for several. */
export function containerToJoin(options: SharingOptions): string | undefined {
  const names = new Set(
    Object.values(sourcesOf(options)).flatMap((source) =>
      source?.kind === "container" ? [source.container] : [],
    ),
  );
  if (names.size > 1)
    throw new CntnrError(
      "unsupported",
      `namespaces of several containers (${[...names].join(", ")}) belong to several user namespaces: share those of one`,
    );
  if (names.size > 0 && options.userns?.kind === "keep-id")
    throw new CntnrError(
      "unsupported",
      "--userns keep-id: who shares namespaces of another container has the ids that it has",
    );
  return [...names][0];
}

/**
 * The namespaces of a container: its own, but the host's where that is asked for, and another container's by their paths. Who
 * joins any of another's has to join its user namespace, which they belong to (user_namespaces(7)).
 *
 * Where the user keeps his ids we make the user namespace, and the network with it: of a process that is another's the hook may not look
 * at the namespaces before it has started the container's program (ptrace(2), "dumpable"). Each life has others (`withJoinedProcess`).
 */
export function planNamespaces(options: SharingOptions, joined: JoinedContainer | undefined): OciNamespace[] {
  const sources = sourcesOf(options);
  const named = Object.keys(files) as (keyof typeof files)[];
  const isMadeByUs = sources.user?.kind === "keep-id";
  const list = named.flatMap((type): OciNamespace[] => {
    const isShared = sources[type]?.kind === "container" || (type === "user" && joined !== undefined);
    if (isShared && joined) return [{ type, path: `/proc/${joined.pid}/ns/${files[type]}` }];
    if (isMadeByUs && (type === "user" || (type === "network" && sources[type] === undefined)))
      return [{ type, path: `/proc/0/ns/${files[type]}` }];
    return sources[type]?.kind === "host" && type !== "user" ? [] : [{ type }];
  });
  return [...list, { type: "mount" }, ...(options.cgroupns ? [] : [{ type: "cgroup" } as const])];
}

/** The text of a config.json that joins namespaces, with another process's. Pure. */
export function withJoinedProcess(configText: string, pid: number): string {
  return configText.replace(/"path":"\/proc\/\d+\/ns\/(\w+)"/g, `"path":"/proc/${pid}/ns/$1"`);
}
