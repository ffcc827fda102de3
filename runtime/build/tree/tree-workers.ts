import { CntnrError } from "../../errors/cntnr-error.ts";
import type { Packer, PackOrder } from "../../image/commit-layer.ts";
import type { PackedArchive } from "../../layer/pack-layer.ts";
import type { UpperTree } from "../../layer/upper-tree.ts";
import { mergeLayers, takeChanges } from "../../merged-tree/merge-process.ts";
import { ownProgram } from "../../process/own-program.ts";
import { complaintOf } from "../../process/run-command.ts";
import { chooseRoot } from "../../rootfs/choose-root.ts";
import type { Directories } from "../../store/directories.ts";
import type { TemporaryKey } from "../../store/temporary.ts";
import type { IdMapping, IdMappings } from "../../userns/id-mappings.ts";
import { removeTree } from "../../userns/remove-tree.ts";
import { type NamespaceCommand, startInUserNamespace } from "../../userns/run-in-user-namespace.ts";
import type { Ownership } from "./ownership.ts";
import type { SourceTree, TreeJob, TreeOutcome } from "./tree-job.ts";

/** The part of a job that does not follow from who does it. */
export type TreeChange = Pick<TreeJob, "destination" | "trees" | "actions">;

export interface TreeWorkerOptions {
  readonly directories: Directories;
  readonly mappings: IdMappings;
  /** Of all directories that jobs name: as long as a worker lives, nobody takes them for garbage. */
  readonly key: TemporaryKey;
  readonly signal: AbortSignal;
}

/** An overlay over layers, lowest first, that writes into an upper tree; or the copy of the layers, where that has one. */
export function changesOn(lowers: readonly string[], upper: UpperTree): TreeJob["destination"] {
  if (upper.isCopied) return { kind: "directory", path: upper.copyPath };
  return { kind: "overlay", lowers, upper: upper.path, work: upper.work };
}

/**
 * Processes that put files into root file systems and pack them, each root of a user namespace with the mappings; during a job one
 * can reach nothing but the trees that it copies between. They are started when they are needed, as many as there are jobs
 * at a time, and end when this is disposed of: a process for each job takes longer than most jobs.
 */
export class TreeWorkers implements AsyncDisposable {
  readonly #options: TreeWorkerOptions;
  readonly #idle: TreeWorker[] = [];
  readonly #all: TreeWorker[] = [];

  constructor(options: TreeWorkerOptions) {
    this.#options = options;
  }

  /** Sees to it that there is one by the time that it is needed. */
  prepare(): void {
    if (this.#all.length === 0) this.#idle.push(this.#start());
  }

  /** Carries out a job and returns a sum over what was found by patterns and copied. Throws CntnrError. */
  async change(change: TreeChange): Promise<string> {
    return (await this.#perform(change, null)).digest;
  }

  /** The same, and then packs the upper directory as asked. No archive may be unpacked in it. */
  async changeAndPack(
    change: TreeChange,
    pack: PackOrder,
  ): Promise<{ readonly digest: string; readonly packed: PackedArchive }> {
    if (change.destination.kind === "directory")
      return this.#changeCopyAndPack(change, change.destination.path, pack);
    const { digest, packed } = await this.#perform(change, { ...pack.job, blob: pack.blob });
    if (packed) return { digest, packed };
    throw new CntnrError("engine", "the process that copies files has not packed them");
  }

  /** In the place of an overlay a copy was changed: its changes are moved into the upper directory first. */
  async #changeCopyAndPack(
    change: TreeChange,
    copy: string,
    pack: PackOrder,
  ): Promise<{ readonly digest: string; readonly packed: PackedArchive }> {
    const digest = await this.change(change);
    const { mappings, key, signal } = this.#options;
    await takeChanges(copy, pack.upper, { mappings, lockFd: key.lockFd, signal });
    return { digest, packed: await this.pack(pack) };
  }

  /** Packs an upper directory that is filled. */
  readonly pack: Packer = async (order) => {
    const destination = { kind: "filled", lowers: order.lowers, upper: order.upper } as const;
    return (await this.changeAndPack({ destination, trees: [], actions: [] }, order)).packed;
  };

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#all.map((worker) => worker.end()));
  }

  async #perform(
    change: TreeChange,
    pack: TreeJob["pack"],
  ): Promise<Extract<TreeOutcome, { digest: string }>> {
    await using stack = new AsyncDisposableStack();
    const trees = await this.#mountableTrees(change.trees, stack);
    const worker = this.#idle.pop() ?? this.#start();
    const outcome = await worker.perform({ ...change, trees, pack });
    this.#idle.push(worker);
    if ("failure" in outcome) throw new CntnrError(outcome.failure.code, outcome.failure.message);
    return outcome;
  }

  /** Layers that cannot be mounted as an overlay, not even to be read, are copied for the time of the job. */
  async #mountableTrees(
    trees: readonly SourceTree[],
    stack: AsyncDisposableStack,
  ): Promise<readonly SourceTree[]> {
    const { directories, mappings, key, signal } = this.#options;
    const mountable: SourceTree[] = [];
    for (const tree of trees) {
      if (tree.kind === "directory" || (await canMountToRead(directories, tree.paths, mappings))) {
        mountable.push(tree);
        continue;
      }
      const { path } = stack.use(key.openDirectory(mappings));
      await mergeLayers(tree.paths, "/", path, [], { mappings, lockFd: key.lockFd, signal });
      mountable.push({ kind: "directory", path });
    }
    return mountable;
  }

  #start(): TreeWorker {
    const worker = new TreeWorker(this.#options);
    this.#all.push(worker);
    return worker;
  }
}

/** Where the kernel mounts no overlay to be written to, it may not mount one on top of another either. */
export async function canMountToRead(
  directories: Directories,
  layers: readonly string[],
  mappings: IdMappings,
): Promise<boolean> {
  if (layers.length === 0) return true;
  const place = { directory: directories.tmp, run: directories.run, mappings };
  return (await chooseRoot({ layers }, place)).kind === "overlay";
}

const jobTimeoutMs = 2 * 60 * 60_000;

class TreeWorker {
  readonly #mappings: IdMappings;
  readonly #scratch: string;
  readonly #command: Promise<NamespaceCommand>;
  #onAnswer: (line: string) => void = () => undefined;

  constructor({ mappings, key, signal }: TreeWorkerOptions) {
    this.#mappings = mappings;
    this.#scratch = key.makeDirectory();
    this.#command = startInUserNamespace(mappings, [...ownProgram(), "internal-tree"], {
      inherit: [key.lockFd],
      onStdoutLine: (line) => this.#onAnswer(line),
      ownSession: true,
      signal,
    });
    // Whoever has a job for it is told.
    this.#command.catch(() => undefined);
  }

  /** One job at a time. */
  async perform(job: Omit<TreeJob, "ownership" | "scratch">): Promise<TreeOutcome> {
    const command = await this.#command;
    const answer = new Promise<string>((resolve) => {
      this.#onAnswer = resolve;
    });
    const whole: TreeJob = { ...job, scratch: this.#scratch, ownership: ownershipUnder(this.#mappings) };
    command.write(`${JSON.stringify(whole)}\n`);
    const limit = setTimeout(command.kill, jobTimeoutMs);
    try {
      const end = await Promise.race([answer, command.ended]);
      if (typeof end === "string") return JSON.parse(end);
      throw new CntnrError("engine", `the process that copies files failed: ${complaintOf(end)}`);
    } finally {
      clearTimeout(limit);
    }
  }

  async end(): Promise<void> {
    try {
      const command = await this.#command;
      command.endInput();
      await command.ended;
    } catch {
      // Whoever had a job for it was told; it is gone, which is what is asked for here.
    }
    await removeTree(this.#scratch, this.#mappings);
  }
}

function ownershipUnder({ uids, gids, subordinate }: IdMappings): Ownership {
  if (!subordinate) return { kind: "recorded" };
  return { kind: "set", mappedUids: countOf(uids), mappedGids: countOf(gids) };
}

function countOf(mappings: readonly IdMapping[]): number {
  return Math.max(...mappings.map(({ containerId, size }) => containerId + size));
}
