import type { Digest } from "./local-image.ts";

/** How far a pull is, or a push. Bytes are of blobs, as they are transferred and stored. */
export type PullProgress =
  | { readonly kind: "copying"; readonly source: string }
  /** What has arrived so far; how much there will be is not known. */
  | { readonly kind: "received"; readonly bytes: number }
  /** What was read of an image's blobs to be sent. The destination may have some already, and they are not sent. */
  | { readonly kind: "sent"; readonly bytes: number; readonly totalBytes: number }
  | { readonly kind: "verifying"; readonly digest: Digest }
  | {
      readonly kind: "unpacking";
      readonly layer: Digest;
      readonly doneBytes: number;
      readonly totalBytes: number;
    }
  /** A blob in the store was damaged; it is removed and fetched again. */
  | { readonly kind: "repairing"; readonly digest: Digest }
  /** Something of the image that this user cannot have as it is. */
  | { readonly kind: "remark"; readonly text: string };

export type ProgressListener = (progress: PullProgress) => void;
