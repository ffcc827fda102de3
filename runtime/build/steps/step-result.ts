import type { NewLayer } from "../../image/commit-layer.ts";

/** What a step has done to the files: a layer, and where it is unpacked. */
export type StepResult =
  | (StepFacts & {
      readonly kind: "layer";
      readonly layer: NewLayer;
      readonly path: string;
      /** Whether it has an entry for the root directory. */
      readonly saysRoot: boolean;
    })
  | (StepFacts & { readonly kind: "unchanged" });

interface StepFacts {
  /** When it was done, RFC 3339; undefined for what took no doing. */
  readonly created: string | undefined;
  readonly isCached: boolean;
}

/** Of a step that needs nothing to be done. */
export const nothingToDo: StepResult = { kind: "unchanged", created: undefined, isCached: true };
