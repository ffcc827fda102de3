import type { ImageHealthCheck } from "../../health/health-check.ts";
import type { Heredoc } from "./heredoc.ts";
import type { SourceRange } from "./source.ts";

/** The arguments of RUN, CMD, ENTRYPOINT: for the shell, or as they are (reference, "Shell and exec form"). */
export type CommandForm =
  | { readonly form: "shell"; readonly text: string }
  | { readonly form: "exec"; readonly argv: readonly string[] };

export interface KeyValue {
  readonly key: string;
  readonly value: string;
}

/** A source of COPY or ADD: a path, pattern or URL, or a here-document, which is a file of its name. */
export type CopySource =
  | { readonly kind: "path"; readonly text: string }
  | { readonly kind: "heredoc"; readonly heredoc: Heredoc };

/** The flags of COPY and ADD. Texts may have variables in them. */
export interface CopyFlags {
  readonly from?: string;
  readonly chown?: string;
  readonly chmod?: string;
  readonly checksum?: string;
  readonly exclude: readonly string[];
  readonly link: boolean;
  readonly parents: boolean;
  readonly keepGitDir: boolean;
  /** Undefined: local archives are unpacked, fetched ones are not. */
  readonly unpack?: boolean;
}

type Words = readonly string[];

/** What each instruction says, variables not yet substituted. */
export type InstructionBody =
  | { readonly kind: "from"; readonly image: string; readonly name?: string; readonly platform?: string }
  | {
      readonly kind: "arg";
      readonly args: readonly { readonly name: string; readonly value?: string }[];
    }
  | { readonly kind: "env" | "label"; readonly pairs: readonly KeyValue[] }
  | {
      readonly kind: "run";
      readonly command: CommandForm;
      readonly heredocs: readonly Heredoc[];
      readonly mounts: Words;
      readonly network?: string;
    }
  | {
      readonly kind: "copy" | "add";
      readonly sources: readonly CopySource[];
      readonly destination: string;
      readonly flags: CopyFlags;
    }
  | { readonly kind: "cmd" | "entrypoint"; readonly command: CommandForm }
  | { readonly kind: "shell"; readonly argv: Words }
  | { readonly kind: "healthcheck"; readonly check: ImageHealthCheck }
  | { readonly kind: "onbuild"; readonly trigger: string; readonly instruction: Instruction }
  | { readonly kind: "expose" | "volume"; readonly words: Words }
  | { readonly kind: "user" | "workdir" | "stopsignal" | "maintainer"; readonly value: string };

/** One instruction of a Dockerfile. */
export type Instruction = InstructionBody & {
  readonly range: SourceRange;
  /** On one line, without its here-documents. */
  readonly text: string;
};

export type InstructionOf<Kind extends Instruction["kind"]> = Extract<Instruction, { kind: Kind }>;
