import type { SeccompFile } from "../bundle/seccomp/profile-file.ts";
import type { NetworkRequest } from "../network/network-request.ts";
import type { KeptIds } from "../userns/keep-ids.ts";
import type { ResourceLimits } from "./resource-flags.ts";

/** Which network a container gets. `container`: that of another one. `netd`: the networks of the admin's that cntnr-netd attaches, in order. */
export type NetworkMode =
  | { readonly kind: "host" }
  | { readonly kind: "none" }
  | { readonly kind: "container"; readonly container: string }
  | {
      readonly kind: "netd";
      readonly networks: readonly NetworkRequest[];
      /** On the first network, each at a free port of the host: all that the image and the request expose. Without it none of them is. */
      readonly exposedPorts?: "published";
    };

/** One `-v`, `--mount` or `--tmpfs`, parsed and checked; `source` of a bind is absolute and exists. */
export type MountRequest = ResolvedMount | VolumeMount;

export interface VolumeMount {
  readonly kind: "volume";
  /** Without it an anonymous one, for this container alone. */
  readonly name?: string;
  readonly destination: string;
  readonly readOnly: boolean;
  readonly options: readonly string[];
  /** Whether an empty volume gets what the image has at its place. */
  readonly content: "copied" | "left-alone";
  readonly owner?: "user";
  /** Of the volume, if it has to be made. */
  readonly labels?: Readonly<Record<string, string>>;
}

/** What a runtime can mount. */
export type ResolvedMount =
  | {
      readonly kind: "bind";
      readonly source: string;
      readonly destination: string;
      readonly readOnly: boolean;
      /** Mount options beyond ro/rw, as mount(8) and runc spell them: rslave, nosuid, noexec. */
      readonly options: readonly string[];
      /** All of it is given to the container's user first (podman's :U). */
      readonly owner?: "user";
    }
  | { readonly kind: "tmpfs"; readonly destination: string; readonly options: readonly string[] };

/** `--volumes-from CONTAINER[:ro]` */
export interface VolumesFrom {
  readonly container: string;
  readonly readOnly: boolean;
}

/** Whose namespace of a kind a container has, if it is not its own: the host's, or that of another container, by name or id. */
export type NamespaceSource =
  | { readonly kind: "host" }
  | { readonly kind: "container"; readonly container: string };

/** The user has his own ids in the container, or these, and its root is one of his sub-ids. */
export type KeptIdsRequest = { readonly kind: "keep-id" } & Partial<KeptIds>;

/** A device node of the host's. */
export interface DeviceRequest {
  readonly source: string;
  readonly destination: string;
  readonly access: "read-only" | "read-write";
}

/** `--security-opt`, all of them. */
export interface SecurityOptions {
  readonly seccomp:
    | { readonly kind: "default" | "unconfined" }
    | { readonly kind: "file"; readonly profile: SeccompFile };
  readonly noNewPrivileges: boolean;
  /** Paths beyond the usual ones that the container shall not see. */
  readonly mask: readonly string[];
  /** Of the usual masked and read-only paths those that it shall; or ALL. */
  readonly unmask: readonly string[];
}

/** What separates a container from the host and from others; what is absent is as private as can be. */
export interface IsolationOptions {
  readonly pid?: NamespaceSource;
  readonly ipc?: NamespaceSource;
  /** Others may have its IPC namespace and its /dev/shm (`--ipc shareable`). */
  readonly isIpcShareable?: boolean;
  readonly uts?: NamespaceSource;
  /** With another container's, all ids are as in that one. */
  readonly userns?: NamespaceSource | KeptIdsRequest;
  readonly cgroupns?: { readonly kind: "host" };
  /** What /sys/fs/cgroup is; absent: read-only. */
  readonly cgroupMount?: "rw" | "no";
  readonly privileged?: boolean;
  readonly security?: SecurityOptions;
  readonly devices?: readonly DeviceRequest[];
}

/** Names of the container and of others. */
export interface NameOptions {
  readonly hostname?: string;
  readonly domainname?: string;
  readonly addHosts?: readonly HostEntry[];
  /** Addresses of name servers instead of the host's. */
  readonly dns?: readonly string[];
  readonly dnsSearch?: readonly string[];
  readonly dnsOptions?: readonly string[];
}

/** A line of /etc/hosts; `host-gateway` stands for the host, as far as the network knows its address. */
export interface HostEntry {
  readonly name: string;
  readonly address: string;
}

/** How much a process may have of something (setrlimit(2)); -1 is unlimited. */
export interface Ulimit {
  /** RLIMIT_NOFILE */
  readonly type: string;
  readonly soft: number;
  readonly hard: number;
}

/** Settings and bounds of the kernel's. */
export interface LimitOptions {
  readonly ulimits?: readonly Ulimit[];
  readonly sysctls?: Readonly<Record<string, string>>;
  readonly oomScoreAdj?: number;
  /** Size of /dev/shm. */
  readonly shmSizeBytes?: number;
  /** A cgroup for the container's own, below that which is delegated to the user, or as a path from the hierarchy's root. */
  readonly cgroupParent?: string;
  /** Bounds that take a cgroup. */
  readonly resources?: ResourceLimits;
}

/** Options after volumes have been found or made: what a bundle is made from. */
export type BundleOptions = Omit<ContainerOptions, "mounts"> & { readonly mounts: readonly ResolvedMount[] };

/** What the user asked of one container: flags after parsing, before anything of the image is known. */
export interface ContainerOptions extends IsolationOptions, NameOptions, LimitOptions {
  /** Arguments after the image; they replace the image's cmd. */
  readonly command: readonly string[];
  /** Replaces the image's entrypoint (and drops its cmd); `[]` for `--entrypoint ""`. */
  readonly entrypoint?: readonly string[];
  /** KEY=VALUE, later ones win; they override the image's. */
  readonly env: readonly string[];
  readonly workingDir?: string;
  /** user[:group], names or numbers. */
  readonly user?: string;
  /** Names or numbers beyond the user's own. */
  readonly groups?: readonly string[];
  readonly tty: boolean;
  /** Keep standard input open (`-i`). */
  readonly stdin: boolean;
  /** A first process that passes signals on and reaps. */
  readonly init?: boolean;
  readonly readOnly: boolean;
  readonly mounts: readonly MountRequest[];
  /** Other containers whose mounts it has, too. */
  readonly volumesFrom?: readonly VolumesFrom[];
  /** Capability names without CAP_, upper case; `ALL` for all. */
  readonly capAdd: readonly string[];
  readonly capDrop: readonly string[];
  readonly network: NetworkMode;
  readonly labels: Readonly<Record<string, string>>;
  /** For config.json; they mean nothing to us. */
  readonly annotations?: Readonly<Record<string, string>>;
  readonly stopSignal?: string;
}
