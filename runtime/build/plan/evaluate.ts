import { parseSignal } from "../../container/signal-name.ts";
import { CntnrError } from "../../errors/cntnr-error.ts";
import { expandWord, expandWords } from "../dockerfile/expand.ts";
import type { CommandForm, Instruction, InstructionOf, KeyValue } from "../dockerfile/instruction.ts";
import { evaluateCopy } from "./evaluate-copy.ts";
import { evaluateRun } from "./evaluate-run.ts";
import { parseExposed } from "./expose.ts";
import type { Operation } from "./operation.ts";
import { type EvaluationOptions, resolveAgainst, type Scope, type StageState } from "./scope.ts";
import { type Settings, shellOf, triggersOf, variableOf, withSetting, withVariables } from "./settings.ts";

export interface Evaluated {
  readonly state: StageState;
  readonly operation?: Operation;
}

/**
 * What an instruction does to the state of its stage, and to its files. Throws SubstitutionError, or CntnrError whose message
 * has no place yet.
 */
export function evaluate(instruction: Instruction, state: StageState, options: EvaluationOptions): Evaluated {
  const lookup = (name: string) => variableOf(state.settings.Env ?? [], name) ?? state.args.get(name);
  const expansion = { escape: options.escape, lookup };
  const scope: Scope = { ...options, state, expand: (text) => expandWord(text, expansion) };
  switch (instruction.kind) {
    case "run":
      return { state, operation: evaluateRun(instruction, scope) };
    case "copy":
    case "add":
      return { state, operation: evaluateCopy(instruction, scope, expansion) };
    case "workdir":
      return changeDirectory(instruction.value, scope);
    case "expose": {
      const words = instruction.words.flatMap((word) => expandWords(word, expansion));
      return { state: expose(words, state) };
    }
    default:
      return { state: applySetting(instruction, scope) };
  }
}

function applySetting(
  instruction: Exclude<Instruction, InstructionOf<"run" | "copy" | "add" | "workdir" | "expose">>,
  scope: Scope,
): StageState {
  const { state, expand } = scope;
  const set = (name: string, value: unknown): StageState => ({
    ...state,
    settings: withSetting(state.settings, name, value),
  });
  switch (instruction.kind) {
    case "arg":
      return { ...state, args: declare(instruction, scope) };
    case "env":
      return set("Env", withVariables(state.settings.Env ?? [], expandPairs(instruction.pairs, scope)));
    case "label": {
      const pairs = expandPairs(instruction.pairs, scope).map(({ key, value }) => [key, value]);
      return set("Labels", { ...state.settings.Labels, ...Object.fromEntries(pairs) });
    }
    case "cmd":
      return { ...set("Cmd", commandOf(instruction.command, state.settings)), hasOwnCmd: true };
    case "entrypoint": {
      const settings = withSetting(
        state.settings,
        "Entrypoint",
        commandOf(instruction.command, state.settings),
      );
      return { ...state, settings: state.hasOwnCmd ? settings : withSetting(settings, "Cmd", undefined) };
    }
    case "shell":
      return set("Shell", instruction.argv);
    case "healthcheck":
      return set("Healthcheck", healthCheckSetting(instruction));
    case "onbuild":
      return set("OnBuild", [...triggersOf(state.settings), instruction.trigger]);
    case "volume":
      return addVolumes(instruction.words.map(expand), state);
    case "user":
      return set("User", nonEmpty(expand(instruction.value), "USER"));
    case "stopsignal":
      return set("StopSignal", checkSignal(expand(instruction.value)));
    case "maintainer":
      return { ...state, author: instruction.value };
    default:
      throw new CntnrError("build", "FROM begins a stage, and is no part of one");
  }
}

/** A value of the command line wins over the default, and that over an argument of this name before the first FROM. */
function declare({ args }: InstructionOf<"arg">, scope: Scope): Map<string, string> {
  const declared = new Map(scope.state.args);
  for (const { name, value } of args) {
    const given = scope.buildArgs.get(name);
    const own = value === undefined ? scope.globalArgs.get(name) : scope.expand(value);
    const chosen = given ?? own;
    if (chosen !== undefined) declared.set(name, chosen);
  }
  return declared;
}

function expandPairs(pairs: readonly KeyValue[], { expand }: Scope): KeyValue[] {
  return pairs.map(({ key, value }) => ({
    key: nonEmpty(expand(key), "the name of a pair"),
    value: expand(value),
  }));
}

function commandOf(command: CommandForm, settings: Settings): readonly string[] | undefined {
  if (command.form === "shell") return command.text === "" ? [] : [...shellOf(settings), command.text];
  return command.argv;
}

function healthCheckSetting({ check }: InstructionOf<"healthcheck">) {
  const { test, interval, timeout, startPeriod, startInterval, retries } = check;
  return {
    Test: test,
    ...(interval === undefined ? {} : { Interval: interval }),
    ...(timeout === undefined ? {} : { Timeout: timeout }),
    ...(startPeriod === undefined ? {} : { StartPeriod: startPeriod }),
    ...(startInterval === undefined ? {} : { StartInterval: startInterval }),
    ...(retries === undefined ? {} : { Retries: retries }),
  };
}

function expose(words: readonly string[], state: StageState): StageState {
  const ports = words.flatMap((word) => {
    const found = parseExposed(word);
    if (found) return found;
    throw new CntnrError("build", `EXPOSE ${word}: not a port, as in 80, 53/udp or 7000-7010`);
  });
  const added = Object.fromEntries(ports.map((port) => [port, {}]));
  return {
    ...state,
    settings: withSetting(state.settings, "ExposedPorts", { ...state.settings.ExposedPorts, ...added }),
  };
}

function addVolumes(paths: readonly string[], state: StageState): StageState {
  const added = Object.fromEntries(paths.map((path) => [nonEmpty(path.trim(), "VOLUME"), {}]));
  return {
    ...state,
    settings: withSetting(state.settings, "Volumes", { ...state.settings.Volumes, ...added }),
  };
}

function changeDirectory(value: string, { state, expand }: Scope): Evaluated {
  const wanted = nonEmpty(expand(value), "WORKDIR");
  const path = resolveAgainst(state.settings, wanted).replace(/(?!^)\/+$/, "");
  return {
    state: { ...state, settings: withSetting(state.settings, "WorkingDir", path) },
    operation: { kind: "directory", path, user: state.settings.User ?? "" },
  };
}

function nonEmpty(text: string, what: string): string {
  if (text !== "") return text;
  throw new CntnrError("build", `${what}: nothing is left when the variables are substituted`);
}

function checkSignal(text: string): string {
  try {
    parseSignal(text);
    return text;
  } catch (error) {
    if (!(error instanceof CntnrError)) throw error;
    throw new CntnrError("build", `STOPSIGNAL ${text}: there is no such signal`, { cause: error });
  }
}
