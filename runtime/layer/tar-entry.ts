import type { ByteString, FileTime } from "../sys/file-calls.ts";

interface EntryBase {
  /** Clean and relative; "" is the root of the layer. */
  readonly path: ByteString;
  /** Permission bits, set-id bits and sticky bit (07777). */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly modified: FileTime;
  /** Extended attributes, by full name (user.x, security.capability). */
  readonly attributes: ReadonlyMap<ByteString, Buffer>;
}

/** One member of a tar archive, whatever format its header was written in. */
export type TarEntry = EntryBase &
  (
    | { readonly type: "file"; readonly sizeBytes: number; readonly isSparse: boolean }
    | { readonly type: "directory" }
    | { readonly type: "symbolic-link"; readonly target: ByteString }
    /** `target` is the clean path of an earlier entry. */
    | { readonly type: "hard-link"; readonly target: ByteString }
    | { readonly type: "fifo" }
    | {
        readonly type: "device";
        readonly kind: "character" | "block";
        readonly major: number;
        readonly minor: number;
      }
  );

export type FileEntry = Extract<TarEntry, { type: "file" }>;

/** Who is told of what a {@link TarReader} reads, in the order of the archive. */
export interface TarVisitor {
  /** The next member. A file's data follows in data(), then endOfFile(). */
  entry(entry: TarEntry): void;
  /** Bytes of the current file at `position`; they are the caller's again when this returns. */
  data(bytes: Uint8Array, position: number): void;
  endOfFile(): void;
}
