/** Which network a container gets. `netd`: the networks of the admin's that cntnr-netd attaches, in order. */
export type NetworkMode =
  | { readonly kind: "host" }
  | { readonly kind: "none" }
  | { readonly kind: "netd"; readonly networks: readonly string[] };

/** One `-v`, `--mount` or `--tmpfs`, parsed and checked; `source` of a bind is absolute and exists. */
export type MountRequest =
  | {
      readonly kind: "bind";
      readonly source: string;
      readonly destination: string;
      readonly readOnly: boolean;
      /** Mount options beyond ro/rw, as mount(8) and runc spell them: rslave, nosuid, noexec. */
      readonly options: readonly string[];
    }
  | { readonly kind: "tmpfs"; readonly destination: string; readonly options: readonly string[] };

/** What the user asked of one container: flags after parsing, before anything of the image is known. */
export interface ContainerOptions {
  /** Arguments after the image; they replace the image's cmd. */
  readonly command: readonly string[];
  /** Replaces the image's entrypoint (and drops its cmd); `[]` for `--entrypoint ""`. */
  readonly entrypoint?: readonly string[];
  /** KEY=VALUE, later ones win; they override the image's. */
  readonly env: readonly string[];
  readonly workingDir?: string;
  /** user[:group], names or numbers. */
  readonly user?: string;
  readonly hostname?: string;
  readonly tty: boolean;
  /** Keep standard input open (`-i`). */
  readonly stdin: boolean;
  readonly readOnly: boolean;
  readonly mounts: readonly MountRequest[];
  /** Capability names without CAP_, upper case; `ALL` for all. */
  readonly capAdd: readonly string[];
  readonly capDrop: readonly string[];
  readonly network: NetworkMode;
  readonly labels: Readonly<Record<string, string>>;
  readonly stopSignal?: string;
}
