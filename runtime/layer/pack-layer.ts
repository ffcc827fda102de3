import type { ByteString } from "../sys/file-calls.ts";
import { TreeAdopter } from "./adopt-tree.ts";
import { ArchiveOutput, type ArchiveSums } from "./archive-output.ts";
import type { Compression } from "./compression.ts";
import type { LowerLayers } from "./lower-layers.ts";
import { type PackReport, TreePacker } from "./pack-tree.ts";
import type { OwnerSource } from "./tree-entry.ts";

/** What becomes of the tree: it stays as it is, or is made the same as its archive (adopt-tree.ts). */
export type TreeFate = "keep" | "adopt";

/** How the working directory is to be packed. */
export interface PackJob {
  readonly owners: OwnerSource;
  /** See DescriptionRules; null: times stay as they are. */
  readonly latestSeconds: number | null;
  /** Clean paths, as byte strings. */
  readonly mountPoints: readonly ByteString[];
  readonly compression: Compression;
  readonly fate: TreeFate;
}

export type PackedArchive = PackReport & ArchiveSums;

/** Packs the working directory into `fd`. */
export async function packLayer(job: PackJob, lowers: LowerLayers, fd: number): Promise<PackedArchive> {
  const output = new ArchiveOutput(fd, job.compression);
  const adopter = job.fate === "adopt" ? new TreeAdopter() : undefined;
  const rules = {
    owners: job.owners,
    latestSeconds: job.latestSeconds ?? undefined,
    mountPoints: job.mountPoints,
  };
  const report = await new TreePacker(output, lowers, rules, adopter).pack();
  const sums = await output.finish();
  adopter?.finish();
  return { ...report, ...sums };
}
