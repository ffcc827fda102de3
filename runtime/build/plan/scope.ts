import { posix } from "node:path";
import type { EscapeToken } from "../dockerfile/directives.ts";
import type { Settings } from "./settings.ts";

/** What a stage has come to, but for its files. */
export interface StageState {
  readonly settings: Settings;
  readonly author?: string;
  /** The build arguments that are declared, with their values. */
  readonly args: ReadonlyMap<string, string>;
  /** CMD was given in this stage: ENTRYPOINT resets only what came from below. */
  readonly hasOwnCmd: boolean;
}

export interface EvaluationOptions {
  /** `--build-arg` */
  readonly buildArgs: ReadonlyMap<string, string>;
  readonly globalArgs: ReadonlyMap<string, string>;
  readonly escape: EscapeToken;
  /** `--network`: of commands that ask for none. */
  readonly network: string;
}

/** What the evaluation of one instruction needs of its stage. */
export interface Scope extends EvaluationOptions {
  readonly state: StageState;
  /** One text, variables substituted. */
  readonly expand: (text: string) => string;
}

/** A path in the image, absolute and clean; a slash at its end stays. */
export function resolveAgainst(settings: Settings, path: string): string {
  return posix.join("/", path.startsWith("/") ? "/" : (settings.WorkingDir ?? "/"), path);
}
