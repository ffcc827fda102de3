import type { Diagnosis } from "../doctor/diagnose.ts";
import type { EngineContext, WaitOptions } from "./context.ts";
import type { DiskUsage } from "./disk-usage.ts";
import type { SystemPruned, SystemPruneOptions } from "./prune-system.ts";

/** How many there are, and which programs do the work. */
export interface EngineInfo {
  readonly containers: {
    readonly total: number;
    readonly running: number;
    readonly paused: number;
    /** Those that do not run, also those that were never started. */
    readonly stopped: number;
  };
  /** Images, however many names each has. */
  readonly images: number;
  /** First lines of what the programs say of their versions; undefined for one that is not installed. */
  readonly runtime: string | undefined;
  readonly monitor: string | undefined;
  /** This user has sub-ids, so that containers have users beside root. */
  readonly hasSubIds: boolean;
}

const versionTimeoutMs = 10_000;

/** What is about all of it. All methods throw CntnrError. */
export class System {
  readonly #context: EngineContext;

  constructor(context: EngineContext) {
    this.#context = context;
  }

  async info(options: WaitOptions = {}): Promise<EngineInfo> {
    const [{ sweep }, { isActive }, { listImages }, { loadIdMappings }] = await Promise.all([
      import("../container/sweep.ts"),
      import("../container/container-state.ts"),
      import("../image/list-images.ts"),
      import("../userns/load-id-mappings.ts"),
    ]);
    const { directories } = this.#context;
    const { containers } = await sweep(directories);
    const count = (isCounted: (state: (typeof containers)[number]["state"]) => boolean) =>
      containers.filter(({ state }) => isCounted(state)).length;
    const [runtime, monitor] = await Promise.all([
      this.#versionOf("runc", options),
      this.#versionOf("conmon", options),
    ]);
    return {
      containers: {
        total: containers.length,
        running: count(({ kind }) => kind === "running"),
        paused: count(({ kind }) => kind === "paused"),
        stopped: count((state) => !isActive(state)),
      },
      images: new Set(listImages(directories).map(({ manifestDigest }) => manifestDigest)).size,
      ...{ runtime, monitor },
      hasSubIds: loadIdMappings().subordinate,
    };
  }

  async #versionOf(command: string, options: WaitOptions): Promise<string | undefined> {
    if (!Bun.which(command)) return undefined;
    const { runCommand } = await import("../process/run-command.ts");
    const { stdout } = await runCommand(command, ["--version"], {
      timeoutMs: versionTimeoutMs,
      ...this.#context.waiting(options),
    });
    return stdout.split("\n")[0] ?? "";
  }

  /** Layers that images share count for each of them, as with docker. */
  async diskUsage(): Promise<DiskUsage> {
    const { measureImages, measureContainers, measureVolumes } = await import("./disk-usage.ts");
    const { directories } = this.#context;
    return {
      images: measureImages(directories),
      containers: await measureContainers(directories),
      volumes: await measureVolumes(directories),
    };
  }

  /** Removes containers that do not run, images without a name that nothing needs, and all that nothing refers to. */
  async prune(options: SystemPruneOptions = {}): Promise<SystemPruned> {
    const { pruneSystem } = await import("./prune-system.ts");
    const { signal } = this.#context.waiting(options);
    return pruneSystem(this.#context.directories, { ...options, ...(signal ? { signal } : {}) });
  }

  /** Looks at all that running containers takes on this machine, for this user, one thing after the other; changes nothing. */
  async *diagnose(options: WaitOptions = {}): AsyncGenerator<Diagnosis> {
    const [{ diagnose }, { userChecks }] = await Promise.all([
      import("../doctor/diagnose.ts"),
      import("../doctor/user-checks.ts"),
    ]);
    const { env, imagePolicy } = this.#context;
    const checks = userChecks({ env, openDirectories: () => this.#context.directories, ...imagePolicy });
    yield* diagnose(checks, this.#context.signals(options).signal);
  }
}
