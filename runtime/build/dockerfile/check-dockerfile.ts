import type { Instruction } from "./instruction.ts";
import type { Dockerfile, Stage } from "./parse-dockerfile.ts";
import type { SourceRange } from "./source.ts";
import { splitWords } from "./words.ts";

/** Something that is allowed in a Dockerfile, and most likely not what was meant. */
export interface Finding {
  /** The rule's name, as docker has it (docs, "Build checks"). */
  readonly rule: string;
  readonly message: string;
  readonly range: SourceRange;
}

type Rule = (dockerfile: Dockerfile) => readonly Omit<Finding, "rule">[];

/** The platform's arguments are there before the first FROM without being declared. */
const platformArguments = /^(?:TARGET|BUILD)(?:PLATFORM|OS|ARCH|VARIANT)$/;
const secretName =
  /(?:^|_)(?:apikey|auth|credentials?|git_token|key|passwd|password|pword|secret|token)(?:_|$)/i;
/** Parts of names of things that are for everybody to see. */
const publicName = /(?:^|_)(?:public|pub|file|path|url|id)(?:_|$)/i;

const rules: Readonly<Record<string, Rule>> = {
  StageNameCasing: ({ stages }) =>
    stages.flatMap(({ from }) => {
      const name = asOf(from)?.name;
      return name === undefined || name === name.toLowerCase()
        ? []
        : [found(from, `stage name "${name}" should be in small letters`)];
    }),
  FromAsCasing: ({ stages }) =>
    stages.flatMap(({ from }) => {
      const as = asOf(from)?.as;
      const keyword = keywordOf(from);
      const isSame = as === undefined || isSmall(as) === isSmall(keyword);
      return isSame ? [] : [found(from, `"${as}" and "${keyword}" should be in letters of the same size`)];
    }),
  ConsistentInstructionCasing: (dockerfile) => {
    const all = instructionsOf(dockerfile);
    const small = all.filter((instruction) => isSmall(keywordOf(instruction))).length;
    const isMostlySmall = small > all.length / 2;
    const isOdd = (keyword: string) =>
      keyword !== (isMostlySmall ? keyword.toLowerCase() : keyword.toUpperCase());
    return all
      .filter((instruction) => isOdd(keywordOf(instruction)))
      .map((instruction) =>
        found(
          instruction,
          `"${keywordOf(instruction)}" should be in ${isMostlySmall ? "small" : "capital"} letters, as most others`,
        ),
      );
  },
  DuplicateStageName: ({ stages }) =>
    stages.flatMap(({ from, index }) =>
      from.name !== undefined && stages.some((other) => other.index < index && other.from.name === from.name)
        ? [found(from, `there is a stage "${from.name}" before this one`)]
        : [],
    ),
  ReservedStageName: ({ stages }) =>
    stages.flatMap(({ from }) =>
      from.name === "scratch" || from.name === "context"
        ? [found(from, `"${from.name}" means something else, and should not be a stage's name`)]
        : [],
    ),
  NoEmptyContinuation: (dockerfile) =>
    instructionsOf(dockerfile).flatMap((instruction) => {
      const { start, end } = instruction.range;
      const lines = dockerfile.source.lines.slice(start.line - 1, end.line);
      return hasHeredocs(instruction) || !lines.some((line) => line.trim() === "")
        ? []
        : [found(instruction, "an empty line within an instruction")];
    }),
  JSONArgsRecommended: ({ stages }) =>
    stages.flatMap(({ instructions }) =>
      instructions.some(({ kind }) => kind === "shell")
        ? []
        : instructions.flatMap((instruction) =>
            (instruction.kind === "cmd" || instruction.kind === "entrypoint") &&
            instruction.command.form === "shell"
              ? [found(instruction, "the JSON form is better: a shell in between gets the signals")]
              : [],
          ),
    ),
  MaintainerDeprecated: (dockerfile) =>
    instructionsOf(dockerfile).flatMap((instruction) =>
      instruction.kind === "maintainer"
        ? [found(instruction, "MAINTAINER is old: LABEL org.opencontainers.image.authors=...")]
        : [],
    ),
  LegacyKeyValueFormat: (dockerfile) =>
    instructionsOf(dockerfile).flatMap((instruction) =>
      (instruction.kind === "env" || instruction.kind === "label") &&
      !firstArgument(instruction).includes("=")
        ? [found(instruction, "KEY=VALUE should be written with =")]
        : [],
    ),
  MultipleInstructionsDisallowed: ({ stages }) =>
    stages.flatMap(({ instructions }) =>
      (["cmd", "entrypoint", "healthcheck"] as const).flatMap((kind) =>
        instructions
          .filter((instruction) => instruction.kind === kind)
          .slice(0, -1)
          .map((instruction) => found(instruction, `only the last ${kind.toUpperCase()} of a stage counts`)),
      ),
    ),
  WorkdirRelativePath: ({ stages }) => stages.flatMap(relativeDirectories),
  SecretsUsedInArgOrEnv: (dockerfile) =>
    instructionsOf(dockerfile).flatMap((instruction) =>
      namesOf(instruction)
        .filter((name) => secretName.test(name) && !publicName.test(name))
        .map((name) =>
          found(
            instruction,
            `${name} looks like a secret, which the image would keep: RUN --mount=type=secret`,
          ),
        ),
    ),
  UndefinedArgInFrom: (dockerfile) => {
    const declared = new Set(dockerfile.globalArgs.flatMap(({ args }) => args.map(({ name }) => name)));
    return dockerfile.stages.flatMap(({ from }) =>
      variablesIn(`${from.image} ${from.platform ?? ""}`)
        .filter((name) => !declared.has(name) && !platformArguments.test(name))
        .map((name) => found(from, `no ARG before the first FROM declares ${name}`)),
    );
  },
  InvalidDefaultArgInFrom: (dockerfile) => {
    const empty = dockerfile.globalArgs.flatMap(({ args }) =>
      args.flatMap(({ name, value }) => (value === undefined ? [name] : [])),
    );
    return dockerfile.stages.flatMap(({ from }) =>
      empty
        .filter((name) => new RegExp(`\\$(?:${name}\\b|\\{${name}\\})`).test(from.image))
        .map((name) => found(from, `without a value for ${name} there is no such image: give it a default`)),
    );
  },
  FromPlatformFlagConstDisallowed: ({ stages }) =>
    stages.flatMap(({ from }) =>
      from.platform !== undefined && !from.platform.includes("$")
        ? [found(from, `--platform=${from.platform}: a stage should not be for one platform alone`)]
        : [],
    ),
  RedundantTargetPlatform: ({ stages }) =>
    stages.flatMap(({ from }) =>
      /^\$(?:TARGETPLATFORM|\{TARGETPLATFORM\})$/.test(from.platform ?? "")
        ? [found(from, "--platform=$TARGETPLATFORM is what it is anyhow")]
        : [],
    ),
  ExposeProtoCasing: (dockerfile) =>
    instructionsOf(dockerfile).flatMap((instruction) =>
      instruction.kind === "expose"
        ? instruction.words
            .filter((word) => /\/.*[A-Z]/.test(word))
            .map((word) => found(instruction, `EXPOSE ${word}: a protocol should be in small letters`))
        : [],
    ),
};

/**
 * What most likely is not as it was meant, in the order of the file, without what its `# check=skip=` names. Pure.
 */
export function checkDockerfile(
  dockerfile: Dockerfile,
  { skipped }: CheckSettings = checkSettings(dockerfile.directives.check),
): readonly Finding[] {
  return Object.entries(rules)
    .filter(([rule]) => !skipped.has("all") && !skipped.has(rule))
    .flatMap(([rule, check]) => check(dockerfile).map((finding) => ({ rule, ...finding })))
    .sort((a, b) => a.range.start.line - b.range.start.line);
}

export interface CheckSettings {
  /** Names of rules, or `all`. */
  readonly skipped: ReadonlySet<string>;
  /** Nothing is built from a file with findings. */
  readonly isError: boolean;
}

/** `skip=RULE,RULE;error=true`, as `# check=` and the build argument BUILDKIT_DOCKERFILE_CHECK have it. */
export function checkSettings(text: string | undefined): CheckSettings {
  const fields = new Map(
    (text ?? "").split(";").map((field) => {
      const equals = field.indexOf("=");
      return [field.slice(0, Math.max(equals, 0)).trim(), field.slice(equals + 1).trim()];
    }),
  );
  const skipped = new Set((fields.get("skip") ?? "").split(",").map((rule) => rule.trim()));
  return { skipped, isError: /^(?:1|t|true)$/i.test(fields.get("error") ?? "") };
}

function found({ range }: Instruction, message: string): Omit<Finding, "rule"> {
  return { message, range };
}

function instructionsOf({ globalArgs, stages }: Dockerfile): readonly Instruction[] {
  return [...globalArgs, ...stages.flatMap(({ from, instructions }) => [from, ...instructions])];
}

function keywordOf({ text }: Instruction): string {
  return /^\S+/.exec(text)?.[0] ?? "";
}

function firstArgument({ text }: Instruction): string {
  return splitWords(text, "\\", "plain").words[1]?.text ?? "";
}

function isSmall(word: string): boolean {
  return word === word.toLowerCase();
}

function asOf({ text }: Instruction): { readonly as: string; readonly name: string } | undefined {
  const [, as, name] = /\s(as)\s+(\S+)\s*$/i.exec(text) ?? [];
  return as === undefined || name === undefined ? undefined : { as, name };
}

function hasHeredocs(instruction: Instruction): boolean {
  if (instruction.kind === "onbuild") return hasHeredocs(instruction.instruction);
  if (instruction.kind === "run") return instruction.heredocs.length > 0;
  if (instruction.kind !== "copy" && instruction.kind !== "add") return false;
  return instruction.sources.some(({ kind }) => kind === "heredoc");
}

function namesOf(instruction: Instruction): readonly string[] {
  if (instruction.kind === "arg") return instruction.args.map(({ name }) => name);
  return instruction.kind === "env" ? instruction.pairs.map(({ key }) => key) : [];
}

function variablesIn(text: string): string[] {
  return [...text.matchAll(/\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))/g)].map(
    ([, braced, bare]) => braced ?? bare ?? "",
  );
}

/** A directory that is relative to whatever the image below has. */
function relativeDirectories({ instructions }: Stage): Omit<Finding, "rule">[] {
  const [first] = instructions.filter(({ kind }) => kind === "workdir");
  if (first?.kind !== "workdir" || /^["']?[/$]/.test(first.value)) return [];
  return [found(first, `WORKDIR ${first.value} depends on the directory of the image below`)];
}
