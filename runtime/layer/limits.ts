/** How much of anything one layer may hold. What is beyond them is an attack or a mistake. */
export interface LayerLimits {
  readonly entries: number;
  /** Directories that no entry is for, but that entries are in; each entry could bring two thousand. */
  readonly impliedDirectories: number;
  /** Of a whole path and of a link's target; PATH_MAX counts its NUL. */
  readonly pathBytes: number;
  /** Components of a path: the kernel goes through all of them for every file, so that deep trees cost the square. */
  readonly pathDepth: number;
  /** Of one component of a path (NAME_MAX). */
  readonly nameBytes: number;
  /** Of one extended attribute's value (XATTR_SIZE_MAX). */
  readonly attributeBytes: number;
  /** Of all the extended headers before one entry: pax records, long names. They are held in memory. */
  readonly extendedHeaderBytes: number;
  /** Of all global headers; they are looked at for each entry. */
  readonly globalHeaderBytes: number;
  /** Data segments of one sparse file. */
  readonly sparseSegments: number;
  /** Of the uncompressed archive. */
  readonly archiveBytes: number;
  /** Size of one file, holes included. */
  readonly fileBytes: number;
  /** Uncompressed to compressed, once {@link ratioFreeBytes} have come out. */
  readonly compressionRatio: number;
  readonly ratioFreeBytes: number;
}

const kibi = 1024;
const gibi = 1024 ** 3;

export const defaultLimits: LayerLimits = {
  entries: 5_000_000,
  impliedDirectories: 50_000,
  pathBytes: 4095,
  pathDepth: 256,
  nameBytes: 255,
  attributeBytes: 64 * kibi,
  extendedHeaderBytes: 4 * kibi * kibi,
  globalHeaderBytes: 64 * kibi,
  sparseSegments: 100_000,
  archiveBytes: 512 * gibi,
  fileBytes: 8 * 1024 * gibi,
  // deflate reaches 1032 with zeros alone; a file system image full of them is still a layer worth having.
  compressionRatio: 500,
  ratioFreeBytes: 4 * gibi,
};
