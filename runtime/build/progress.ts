/** What a build tells while it goes on. Steps have numbers of their own, in the order in which they begin. */
export type BuildProgress =
  | { readonly kind: "begun"; readonly step: number; readonly name: string }
  | { readonly kind: "output"; readonly step: number; readonly bytes: Uint8Array }
  | {
      readonly kind: "ended";
      readonly step: number;
      readonly how: "done" | "cached" | "failed";
      readonly durationMs: number;
    }
  /** `isDetail`: how something is done differently from what is usual, and why, for who wants to know. */
  | { readonly kind: "remark"; readonly text: string; readonly isDetail?: true };

export type BuildListener = (progress: BuildProgress) => void;
