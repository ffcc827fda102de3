import type { HostEntry, Ulimit } from "../../container/container-options.ts";
import type { Mount } from "../dockerfile/mount.ts";

/** What all commands of a build have around them (`--add-host`, `--shm-size`, `--ulimit`). */
export interface CommandSettings {
  readonly addHosts: readonly HostEntry[];
  readonly ulimits: readonly Ulimit[];
  readonly shmSizeBytes?: number;
  readonly hostname?: string;
}

/** A command to run in a container over the stage's files. */
export interface RunOperation {
  readonly kind: "run";
  readonly argv: readonly string[];
  /** A script that a here-document brings, at /dev/pipes/NAME. */
  readonly script?: { readonly name: string; readonly text: string };
  /** NAME=VALUE: build arguments, then the image's own. */
  readonly env: readonly string[];
  /** Variables that the result must not depend on: proxies that no ARG names. */
  readonly quietEnv: readonly string[];
  readonly workingDir: string;
  readonly user: string;
  readonly mounts: readonly Mount[];
  /** host, none, default, or a network of the administrator's. */
  readonly network: string;
}

/** One source of COPY or ADD. */
export type CopyItem =
  | { readonly kind: "path"; readonly path: string }
  | { readonly kind: "text"; readonly name: string; readonly text: string }
  | { readonly kind: "url"; readonly url: string }
  | {
      readonly kind: "git";
      readonly remote: string;
      /** "" for the remote's own choice. */
      readonly ref: string;
      readonly subdirectory: string;
      /** What an address can say besides; the beginning of the commit's digits. */
      readonly checksum?: string;
      readonly keepsGitDir?: boolean;
      readonly hasSubmodules?: boolean;
    };

export interface CopyOperation {
  readonly kind: "copy";
  readonly isAdd: boolean;
  /** `--from`; undefined: the context. */
  readonly from?: string;
  readonly items: readonly CopyItem[];
  /** Absolute; a slash at its end says that it is a directory. */
  readonly destination: string;
  readonly chown?: string;
  readonly chmod?: string;
  readonly checksum?: string;
  readonly exclude: readonly string[];
  /** On a layer of its own, whatever is below. */
  readonly isLinked: boolean;
  readonly keepsParents: boolean;
  readonly keepsGitDir: boolean;
  readonly unpack?: boolean;
}

/** A directory that has to be there. */
export interface DirectoryOperation {
  readonly kind: "directory";
  readonly path: string;
  readonly user: string;
}

/** What an instruction does to the file system. */
export type Operation = RunOperation | CopyOperation | DirectoryOperation;
