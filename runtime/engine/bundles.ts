import type { CntnrError } from "../errors/cntnr-error.ts";
import { type BundleRecord, findBundle, isWhole, listBundles } from "../named-bundle/bundle-record.ts";
import type { BundleRequest, BundleResult } from "../named-bundle/create-bundle.ts";
import { type ContainerRequest, completeRequest } from "./container-request.ts";
import type { CapturedEnd } from "./container-work.ts";
import type { CreateOptions, EngineContext, WaitOptions } from "./context.ts";
import { CapturedStreams, type Input, type Streams } from "./streams.ts";

/** What a bundle is made of; what is said of a container's life means nothing for it. */
export interface BundleOptions
  extends ContainerRequest,
    Partial<Pick<BundleRequest, "ifThere" | "root" | "changes">> {
  /** A name, or with a slash in it the path of a directory of one's own. */
  readonly bundle: string;
}

/** A bundle: what is known of it, and what is found out of it now. */
export interface Bundle extends BundleRecord {
  /** When it was last changed or run, in milliseconds since 1970. */
  readonly lastUseMs: number;
  /** False for one that was cut off while it was made, changed or removed. */
  readonly isWhole: boolean;
}

/** Bundles of OCI's that are kept by name. `bundle` is a name or a path. All methods throw CntnrError. */
export class Bundles {
  readonly #context: EngineContext;

  constructor(context: EngineContext) {
    this.#context = context;
  }

  /**
   * Makes a bundle; pulls the image if need be. With `ifThere: "update"` one that is there is changed where it does not follow from the
   * request any more, else that throws `conflict`. Aborted, nothing is made or changed.
   * @param request.root default `overlay`, on the store's layers; `copy` needs nothing of the store
   * @param request.changes whether what a container has written stays when the image is another one; default `dropped`
   */
  async create(request: BundleOptions, options: CreateOptions = {}): Promise<BundleResult> {
    const { createBundle } = await import("../named-bundle/create-bundle.ts");
    const { bundle, ifThere = "refuse", root = "overlay", changes = "dropped", ...container } = request;
    return createBundle(
      this.#context.directories,
      { ...completeRequest(container), bundle, ifThere, root, changes },
      this.#context.surroundings(options),
    );
  }

  /** All of them, by name; one that is damaged does not hide the others. */
  async list(): Promise<{ readonly bundles: readonly Bundle[]; readonly damaged: readonly CntnrError[] }> {
    const { bundles, damaged } = listBundles(this.#context.directories);
    return { bundles: await Promise.all(bundles.map((record) => this.#describe(record))), damaged };
  }

  /** Throws `not-found`, `corrupt`. */
  async inspect(bundle: string): Promise<Bundle> {
    return this.#describe(await this.#find(bundle));
  }

  async #find(bundle: string): Promise<BundleRecord> {
    return findBundle(this.#context.directories, bundle);
  }

  async #describe(record: BundleRecord): Promise<Bundle> {
    const { lastUseMs } = await import("../named-bundle/remove-bundles.ts");
    const { directories } = this.#context;
    return { ...record, lastUseMs: lastUseMs(directories, record), isWhole: isWhole(record) };
  }

  /**
   * Runs a bundle to its end, and nothing else with its root file system meanwhile; keeps all that it prints in memory. Aborted, it is
   * killed. Throws `conflict` when it runs already, `unsupported` for one with a terminal.
   * @param options.input what it reads; without it nothing
   */
  async run(
    bundle: string,
    { input, ...options }: WaitOptions & { readonly input?: Input } = {},
  ): Promise<CapturedEnd> {
    const streams = new CapturedStreams(input);
    const exitCode = await this.runAttached(bundle, streams, options);
    return { exitCode, ...streams.captured };
  }

  /** The same on streams of the caller's; on this process's own it cannot be aborted once it runs. Returns docker's exit code. */
  async runAttached(bundle: string, streams: Streams, options: WaitOptions = {}): Promise<number> {
    const { runBundle } = await import("../named-bundle/run-bundle.ts");
    const { directories } = this.#context;
    return runBundle(directories, await this.#find(bundle), {
      signals: streams.kind === "own" ? (streams.signals ?? "keep") : "keep",
      ...(streams.kind === "given" ? { streams } : {}),
      ...this.#context.waiting(options),
    });
  }

  /** Packs a bundle as a tar archive that needs neither the store nor cntnr. The archive appears when it is whole. */
  async export(bundle: string, file: string, options: WaitOptions = {}): Promise<void> {
    const { exportBundle } = await import("../named-bundle/export-bundle.ts");
    const { directories } = this.#context;
    await exportBundle(directories, await this.#find(bundle), file, this.#context.waiting(options));
  }

  /**
   * Removes a bundle, and the anonymous volumes that only it has. Throws `not-found`, or `conflict` for one that is running.
   * @param options.damaged what becomes of one whose record cannot be read: default `refuse`, with `corrupt`
   */
  async remove(
    bundle: string,
    { damaged = "refuse" }: { readonly damaged?: "refuse" | "remove" } = {},
  ): Promise<void> {
    const { removeBundle } = await import("../named-bundle/remove-bundles.ts");
    await removeBundle(this.#context.directories, bundle, damaged);
  }

  /** The names of the bundles that {@link collect} would remove, unless they run. */
  async findUnused(unusedSinceMs?: number): Promise<string[]> {
    const { findUnusedBundles } = await import("../named-bundle/remove-bundles.ts");
    return findUnusedBundles(this.#context.directories, unusedSinceMs);
  }

  /**
   * Removes bundles that are not whole, and those that were neither changed nor run since a time, in milliseconds since 1970; what is
   * running stays. Returns their names.
   */
  async collect(unusedSinceMs?: number): Promise<string[]> {
    const { collectBundles } = await import("../named-bundle/remove-bundles.ts");
    return collectBundles(this.#context.directories, unusedSinceMs);
  }
}
