// biome-ignore-all lint/suspicious/noTemplateCurlyInString: such strings are the language under test
import { SubstitutionError } from "../../../runtime/build/dockerfile/expand.ts";
import { parseDockerfile } from "../../../runtime/build/dockerfile/parse-dockerfile.ts";
import { evaluate } from "../../../runtime/build/plan/evaluate.ts";
import { ownPlatform } from "../../../runtime/build/plan/platform.ts";
import { resolveStages } from "../../../runtime/build/plan/resolve-stages.ts";
import type { StageState } from "../../../runtime/build/plan/scope.ts";
import { CntnrError } from "../../../runtime/errors/cntnr-error.ts";
import type { Random } from "../../fixtures/random.ts";
import { kindOf, type Target } from "../fuzz.ts";

const lines = [
  "# syntax=docker/dockerfile:1",
  "# escape=`",
  "ARG V=1 W",
  "FROM --platform=$BUILDPLATFORM base:${V:-2} AS one",
  "FROM scratch",
  "ARG V",
  'ENV A=1 B="two $A" C=\\$x',
  "ENV old form $A",
  "LABEL a.b=${A#1} 'c d'=e",
  "RUN --mount=type=cache,target=/c,sharing=locked,mode=0700 --network=none echo $A",
  "RUN <<E cat && <<-'F' sh\nx $A\nE\n\ty\nF",
  'RUN ["a", "b"]',
  "COPY --from=one --chown=1:2 --chmod=u+x --parents --link --exclude=*.x ./a b/ /c/",
  "COPY <<E <<'F' /d/\n$A\nE\n$A\nF",
  "ADD --checksum=sha256:1 --keep-git-dir=true --unpack=false https://x/y.git#v:d /",
  'CMD ["x"]',
  "ENTRYPOINT exec x \\\n  # comment\n\n  y",
  'SHELL ["/bin/sh", "-ec"]',
  'HEALTHCHECK --interval=5s --start-interval=1ms --retries=3 CMD ["a"]',
  "ONBUILD COPY <<E /x\nz\nE",
  "EXPOSE 80 53/udp 7000-7003",
  'VOLUME /a ["/b"]',
  "USER $A:1",
  "WORKDIR ${A}/b",
  "STOPSIGNAL 9",
  "MAINTAINER me",
];
const pieces = [
  "${A:-",
  "${A:+",
  "${A//a/b}",
  "${A%%*}",
  "}",
  "$",
  "\\",
  "'",
  '"',
  "<<E",
  "E\n",
  "--",
  "--from=",
  "\r\n",
  "`",
  "#",
  "[",
  "]",
  "\t",
  "\u00fc",
];

/** Dockerfiles: stages and what they do, or an error that names a place. */
export function dockerfileTarget(): Target {
  return {
    name: "dockerfile",
    mostBytes: 16 * 1024,
    seeds: [
      Buffer.from(`FROM base AS one\n${lines.slice(5).join("\n")}\n`),
      ...lines.map((line) => Buffer.from(`FROM a\n${line}\n`)),
    ],
    dictionary: pieces.map((text) => Buffer.from(text)),
    mutate: mutateLines,
    run: outcomeOf,
  };
}

function mutateLines(input: Buffer, random: Random): Buffer {
  const all = input.toString().split("\n");
  const at = random.below(all.length);
  const line = all[at] ?? "";
  const words = line.split(" ");
  const word = random.below(words.length);
  const changed = random.of([
    () => all.toSpliced(at, 1),
    () => all.toSpliced(at, 0, random.pick(lines) ?? ""),
    () => all.with(at, `${line} ${random.pick(pieces)}`),
    () => all.with(at, words.with(word, random.pick(pieces) ?? "").join(" ")),
    () => all.with(at, words.with(word, `${words[word]}${random.pick(pieces)}`).join(" ")),
    () => all.with(at, words.toSpliced(word, 1).join(" ")),
    () => all.with(at, `ONBUILD ${line}`),
  ])();
  return Buffer.from(changed.join("\n"));
}

const noArguments: ReadonlyMap<string, string> = new Map();

function outcomeOf(input: Buffer): string {
  const text = input.toString();
  try {
    const dockerfile = parseDockerfile("Dockerfile", text);
    const options = { buildArgs: noArguments, platform: ownPlatform(), contexts: new Set<string>() };
    const { stages, globalArgs } = resolveStages(dockerfile, options);
    for (const { stage } of stages) {
      let state: StageState = { settings: {}, args: new Map(), hasOwnCmd: false };
      const evaluation = {
        buildArgs: noArguments,
        globalArgs,
        escape: dockerfile.directives.escape,
        network: "none",
      } as const;
      for (const instruction of stage.instructions) ({ state } = evaluate(instruction, state, evaluation));
    }
    const kinds = new Set(stages.flatMap(({ stage }) => stage.instructions.map(({ kind }) => kind)));
    return `${Math.min(stages.length, 3)} stages, ${kinds.size} kinds of instructions`;
  } catch (error) {
    if (!(error instanceof CntnrError) && !(error instanceof SubstitutionError)) throw error;
    // Whatever is not a plain word is of the input.
    return kindOf(
      (error.message.split("\n")[0] ?? "")
        .replace(/^.*: /s, "")
        .replace(/\S*[^a-z\s]\S*/g, "X")
        .replace(/X(?: X)+/g, "X"),
    );
  }
}
