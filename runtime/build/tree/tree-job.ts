import * as v from "valibot";
import type { ErrorCode } from "../../errors/cntnr-error.ts";
import { packJobEntries } from "../../layer/layer-worker.ts";
import type { PackedArchive } from "../../layer/pack-layer.ts";

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const owner = v.strictObject({ uid: count, gid: count });
const strings = v.pipe(v.array(v.string()), v.readonly());

const sourceTree = v.variant("kind", [
  /** A directory of the user's. */
  v.strictObject({ kind: v.literal("directory"), path: v.string() }),
  /** Unpacked layers, lowest first. */
  v.strictObject({ kind: v.literal("layers"), paths: strings }),
]);

const copyAction = v.strictObject({
  kind: v.literal("copy"),
  /** Index in `trees`. */
  from: count,
  /** Paths and patterns that the worker looks for in that tree, or what was found already; paths as byte strings. */
  sources: v.variant("kind", [
    v.strictObject({ kind: v.literal("patterns"), patterns: strings }),
    v.strictObject({
      kind: v.literal("selected"),
      selected: v.pipe(
        v.array(
          v.strictObject({
            path: v.string(),
            writtenPath: v.string(),
            pivot: v.exactOptional(v.string()),
          }),
        ),
        v.readonly(),
      ),
    }),
  ]),
  destination: v.string(),
  keepsParents: v.boolean(),
  exclude: strings,
  /** Lines of a .dockerignore. */
  ignore: v.string(),
  owner: v.nullable(owner),
  mode: v.nullable(v.string()),
  attributes: v.picklist(["copied", "left"]),
});

const actionSchema = v.variant("kind", [
  copyAction,
  v.strictObject({ kind: v.literal("directory"), path: v.string(), owner }),
  /** Removes what layers (indices in `trees`) hide of the destination; `merged` is an overlay of them. */
  v.strictObject({ kind: v.literal("hide"), layers: v.pipe(v.array(count), v.readonly()), merged: count }),
  v.strictObject({
    kind: v.literal("unpack"),
    from: count,
    /** An uncompressed, gzip or zstd archive in that tree; a byte string. */
    source: v.string(),
    destination: v.string(),
    owner: v.nullable(owner),
  }),
]);

export const treeJobSchema = v.strictObject({
  destination: v.variant("kind", [
    /** An overlay of unpacked layers (lowest first) with an upper directory of the step's own. */
    v.strictObject({ kind: v.literal("overlay"), lowers: strings, upper: v.string(), work: v.string() }),
    /** A directory of the user's. */
    v.strictObject({ kind: v.literal("directory"), path: v.string() }),
    /** The upper directory of an overlay that somebody else has filled: it is only packed. */
    v.strictObject({ kind: v.literal("filled"), lowers: strings, upper: v.string() }),
  ]),
  /** An empty directory that mounts are made on. */
  scratch: v.string(),
  trees: v.pipe(v.array(sourceTree), v.readonly()),
  /** In this order. An archive comes last, for the worker then sees nothing else any more. */
  actions: v.pipe(v.array(actionSchema), v.readonly()),
  /** The overlay's upper directory is then packed, too, into a new file; not after an archive. */
  pack: v.nullable(v.strictObject({ ...packJobEntries, blob: v.string() })),
  ownership: v.variant("kind", [
    v.strictObject({ kind: v.literal("set"), mappedUids: count, mappedGids: count }),
    v.strictObject({ kind: v.literal("recorded") }),
  ]),
});

/** What a worker is to put into a root file system. */
export type TreeJob = v.InferOutput<typeof treeJobSchema>;
export type TreeAction = TreeJob["actions"][number];
export type SourceTree = TreeJob["trees"][number];
export type CopyAction = v.InferOutput<typeof copyAction>;

/** What the worker says of a job. `digest`: a sum over all that was found by patterns and copied (content-digest.ts). */
export type TreeOutcome =
  | { readonly digest: string; readonly packed: PackedArchive | null }
  | { readonly failure: { readonly code: ErrorCode; readonly message: string } };
