import * as v from "valibot";
import type { ErrorCode } from "../errors/cntnr-error.ts";

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/** What a worker shuts itself into before it looks at a path. */
const viewSchema = v.variant("kind", [
  /** The root of a running container's first process. The worker is in its user namespace. */
  v.strictObject({ kind: v.literal("process"), pid: count }),
  /** The root of a container that does not run. The worker has a user and a mount namespace of its own. */
  v.strictObject({
    kind: v.literal("bundle"),
    rootfs: v.string(),
    /** Mount options of the overlay; null: rootfs is the root itself. */
    overlay: v.nullable(v.array(v.string())),
    binds: v.array(v.strictObject({ source: v.string(), destination: v.string() })),
  }),
  /** A directory of the user's. The worker has a user and a mount namespace of its own. */
  v.strictObject({ kind: v.literal("directory"), path: v.string() }),
  /** Everything that the user can see: for files of his own, which are only read. */
  v.strictObject({ kind: v.literal("host") }),
]);

const actionSchema = v.variant("kind", [
  v.strictObject({
    kind: v.literal("pack"),
    /** Absolute, in the view. */
    path: v.string(),
    /** What a link at the end of the path leads to is meant. */
    followsLink: v.boolean(),
    /** What the first component of all names in the archive is. */
    name: v.string(),
  }),
  v.strictObject({
    /** All that the view has, with attributes, under names from its root on; of mounts the places. */
    kind: v.literal("export"),
    /** `recorded`: where all files are the user's own, as attributes say. */
    owners: v.picklist(["files", "recorded"]),
  }),
  v.strictObject({
    kind: v.literal("unpack"),
    /** Absolute, in the view. */
    path: v.string(),
    /** `copy`: of one thing, to the path or into it; `contents`: of what is in it; `archive`: of any archive, into a directory. */
    mode: v.picklist(["copy", "contents", "archive"]),
    /** The path ends in a slash: it has to be a directory. */
    isDirectory: v.boolean(),
    /** `maker`: the files become the worker's own. */
    owners: v.picklist(["maker", "kept"]),
  }),
  v.strictObject({
    kind: v.literal("diff"),
    /** Where the uppermost layer is in the view, with what has been changed. */
    lowers: v.array(v.string()),
    mountPoints: v.array(v.string()),
  }),
]);

export const copyJobSchema = v.strictObject({ view: viewSchema, action: actionSchema });

export type CopyView = v.InferOutput<typeof viewSchema>;
export type CopyAction = v.InferOutput<typeof actionSchema>;
export type CopyJob = v.InferOutput<typeof copyJobSchema>;

/** What was copied, and what could not be. */
export interface CopyReport {
  readonly entries: number;
  readonly skippedDevices: number;
  /** Files whose owner cannot be what it was. */
  readonly changedOwners: number;
}

/** One difference from the image: docker's letters. */
export interface Change {
  /** A: added, C: changed, D: deleted. */
  readonly kind: "A" | "C" | "D";
  /** Absolute, one character a byte. */
  readonly path: string;
}

/** What a worker says, in one line of JSON. */
export type CopyOutcome =
  | { readonly report: CopyReport }
  | { readonly changes: readonly Change[] }
  | { readonly failure: { readonly code: ErrorCode; readonly message: string } };

/** The descriptor on which a worker reads or writes the archive. */
export const archiveDescriptor = 3;
