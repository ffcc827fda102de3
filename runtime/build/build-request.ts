import type { PullOptions } from "../image/pull-image.ts";
import type { PullPolicy } from "../image/store.ts";
import type { Dockerfile } from "./dockerfile/parse-dockerfile.ts";
import type { CommandSettings } from "./plan/operation.ts";
import type { BuildListener } from "./progress.ts";
import type { ContextTree } from "./steps/build-tree.ts";
import type { BuildAccess } from "./steps/run-mounts.ts";

/** One build. */
export interface BuildRequest {
  readonly dockerfile: Dockerfile;
  readonly context: ContextTree;
  /** `--build-context`, by name: directories, and images. */
  readonly contexts: ReadonlyMap<string, NamedContext>;
  readonly target?: string;
  readonly buildArgs: ReadonlyMap<string, string>;
  /** `--label`, over the Dockerfile's. */
  readonly labels: Readonly<Record<string, string>>;
  /** Of the commands that ask for none. */
  readonly network: string;
  readonly commands: CommandSettings;
  readonly access: BuildAccess;
  readonly pull: PullPolicy;
  readonly cache: "used" | "ignored";
  /** `--no-cache-filter`: for steps of these stages it is ignored in any case; names in lower case, or numbers. */
  readonly uncachedStages: ReadonlySet<string>;
  /** `--squash`: all that the build adds is one layer. */
  readonly layers: "one" | "one-a-step";
  /** `--annotation`: of the image's manifest. */
  readonly annotations: Readonly<Record<string, string>>;
  /** Seconds since 1970 (SOURCE_DATE_EPOCH): the image's time, and the latest of its files. */
  readonly epochSeconds?: number;
}

export type NamedContext = ContextTree | { readonly kind: "image"; readonly name: string };

export interface BuildSurroundings {
  readonly env: NodeJS.ProcessEnv;
  readonly pullOptions: Omit<PullOptions, "mappings" | "signal">;
  readonly onProgress: BuildListener;
  readonly signal: AbortSignal;
}

/** `--output`: where the result goes instead of the store. */
export interface BuildOutput {
  /** A directory, a tar archive of the files, or an archive of the image. */
  readonly kind: "local" | "tar" | "oci" | "docker";
  /** A path, or a descriptor, except for a directory. */
  readonly destination: string | number;
}
