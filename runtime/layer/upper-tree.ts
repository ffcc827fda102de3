import { chmodSync, existsSync, mkdirSync, rmdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { CntnrError, hasErrno } from "../errors/cntnr-error.ts";
import { complaintOf } from "../process/run-command.ts";
import type { TemporaryKey } from "../store/temporary.ts";
import type { IdMappings } from "../userns/id-mappings.ts";
import { removeTree } from "../userns/remove-tree.ts";
import { runInUserNamespace } from "../userns/run-in-user-namespace.ts";

const ownerTimeoutMs = 60_000;

/**
 * An empty tree in the store to build a layer in, by mounting it as the upper directory of an overlay or by writing files
 * into it. It is removed when it is disposed of, unless it has become a layer (LayerDeposit); and by whoever cleans the store up,
 * when we were killed.
 */
export class UpperTree implements AsyncDisposable {
  readonly #key: TemporaryKey;
  readonly #mappings: IdMappings;
  /** Holds nothing but the tree, so that both can become a layer by one rename. */
  readonly holder: string;
  /** For an overlay's `upperdir`. */
  readonly path: string;
  /** For an overlay's `workdir`. */
  readonly work: string;

  constructor(key: TemporaryKey, mappings: IdMappings) {
    this.#key = key;
    this.#mappings = mappings;
    this.holder = key.makeDirectory();
    this.path = join(this.holder, "tree");
    this.work = key.makeDirectory();
    mkdirSync(this.path, { mode: 0o755 });
  }

  /** For a copy of the layers below, to be changed where no overlay can be mounted (runtime/merged-tree). */
  get copyPath(): string {
    return join(this.work, "copy");
  }

  /** Whether what changes the tree is to be done in a copy. */
  get isCopied(): boolean {
    return existsSync(this.copyPath);
  }

  /** For a process that works in it. */
  get lockFd(): number {
    return this.#key.lockFd;
  }

  /** A path that nothing is at, beside the tree, for the blob of the layer that is made of it. */
  newBlobPath(): string {
    return this.#key.newPath();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      // An overlay leaves it with mode 0: it can be removed, but not looked into.
      rmdirSync(join(this.work, "work"));
    } catch (error) {
      if (!hasErrno(error, "ENOENT", "ENOTEMPTY", "EACCES")) throw error;
    }
    await removeTree(this.work, this.#mappings);
    await removeTree(this.holder, this.#mappings);
  }
}

/**
 * Makes an upper tree. Its root is that of the uppermost of the layers below: an overlay shows the upper directory's.
 * @param key whose directories it is among, until it is disposed of
 * @param lowers paths of unpacked layers (LocalImage.layers), lowest first
 */
export async function newUpperTree(
  key: TemporaryKey,
  mappings: IdMappings,
  lowers: readonly string[],
): Promise<UpperTree> {
  const upper = new UpperTree(key, mappings);
  const below = lowers.at(-1);
  if (below !== undefined) await copyOwnerAndMode(below, upper.path, mappings);
  return upper;
}

async function copyOwnerAndMode(from: string, to: string, mappings: IdMappings): Promise<void> {
  // Through the link that a layer has in <data>/l.
  const { uid, gid, mode } = statSync(from);
  if (uid === process.getuid?.() && gid === process.getgid?.()) {
    chmodSync(to, mode & 0o7777);
    return;
  }
  const script = 'chown --reference="$0" "$1" && chmod --reference="$0" "$1"';
  const result = await runInUserNamespace(mappings, ["sh", "-c", script, from, to], {
    timeoutMs: ownerTimeoutMs,
  });
  if (result.exitCode !== 0)
    throw new CntnrError("engine", `${to} cannot be given to its owner: ${complaintOf(result)}`);
}
