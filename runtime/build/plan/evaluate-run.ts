import { CntnrError } from "../../errors/cntnr-error.ts";
import { heredocText, parseHeredocMark } from "../dockerfile/heredoc.ts";
import type { InstructionOf } from "../dockerfile/instruction.ts";
import { type Mount, parseMount } from "../dockerfile/mount.ts";
import type { RunOperation } from "./operation.ts";
import { resolveAgainst, type Scope } from "./scope.ts";
import { type Settings, shellOf, withVariables } from "./settings.ts";

/** Arguments that every build may be given without an ARG for them, and that its result is not to depend on. */
export const proxyVariables = ["HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY"].flatMap(
  (name) => [name, name.toLowerCase()],
);

/** The directory of the scripts that here-documents bring. */
export const scriptDirectory = "/dev/pipes";

/** RUN: what is started, in which environment, with which mounts. */
export function evaluateRun(instruction: InstructionOf<"run">, scope: Scope): RunOperation {
  const { settings, args } = scope.state;
  const declared = [...args].map(([key, value]) => ({ key, value }));
  const own = (settings.Env ?? []).map((text) => {
    const equals = text.indexOf("=");
    return { key: text.slice(0, equals), value: text.slice(equals + 1) };
  });
  const env = withVariables(withVariables([], declared), own);
  const names = new Set(env.map((text) => text.slice(0, text.indexOf("="))));
  const quietEnv = proxyVariables.flatMap((name) => {
    const value = scope.buildArgs.get(name);
    return value === undefined || names.has(name) ? [] : [`${name}=${value}`];
  });
  return {
    kind: "run",
    ...commandOf(instruction, settings),
    env,
    quietEnv,
    workingDir: settings.WorkingDir || "/",
    user: settings.User ?? "",
    mounts: instruction.mounts.map((text) => mountOf(text, scope)),
    network: instruction.network === undefined ? scope.network : networkOf(instruction.network, scope),
  };
}

function networkOf(text: string, { expand, network }: Scope): string {
  const asked = expand(text);
  return asked === "default" ? network : asked;
}

function commandOf(
  { command, heredocs }: InstructionOf<"run">,
  settings: Settings,
): Pick<RunOperation, "argv" | "script"> {
  if (command.form === "exec") {
    if (command.argv.length === 0) throw new CntnrError("build", "RUN []: there is nothing to run");
    return { argv: command.argv };
  }
  const shell = shellOf(settings);
  const [only] = heredocs;
  if (!only) return { argv: [...shell, command.text] };
  if (!parseHeredocMark(command.text)) {
    // The shell reads here-documents itself.
    const whole = heredocs.reduce((text, { content, name }) => `${text}\n${content}${name}`, command.text);
    return { argv: [...shell, whole] };
  }
  const text = heredocText(only);
  if (!text.startsWith("#!")) return { argv: [...shell, text] };
  if (only.name.includes("/") || only.name === "." || only.name === "..")
    throw new CntnrError("build", `the here-document ${only.word} names no file`);
  return { argv: [`${scriptDirectory}/${only.name}`], script: { name: only.name, text } };
}

/** A mount with its variables substituted, and its target absolute. */
function mountOf(text: string, { expand, state, buildArgs }: Scope): Mount {
  const parsed = parseMount(text.includes("$") ? expand(text) : text);
  if ("problem" in parsed) throw new CntnrError("build", `--mount=${text}: ${parsed.problem}`);
  if (parsed.target === undefined) return parsed;
  const space = buildArgs.get("BUILDKIT_CACHE_MOUNT_NS");
  return {
    ...parsed,
    ...(parsed.type === "cache" && space ? { id: `${space}/${parsed.id}` } : {}),
    target: resolveAgainst(state.settings, parsed.target).replace(/(?!^)\/+$/, ""),
  };
}
