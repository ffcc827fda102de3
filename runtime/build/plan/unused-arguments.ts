import type { Dockerfile } from "../dockerfile/parse-dockerfile.ts";
import { proxyVariables } from "./evaluate-run.ts";

/** Arguments that mean something without an ARG; triggers of images may name others, which is not known here. */
const ownArguments = new Set(["SOURCE_DATE_EPOCH", ...proxyVariables]);

/** The build arguments that nothing in a Dockerfile names: most likely a slip of the pen. */
export function unusedArguments(
  { globalArgs, stages }: Dockerfile,
  buildArgs: ReadonlyMap<string, string>,
): string[] {
  const instructions = [...globalArgs, ...stages.flatMap((stage) => stage.instructions)];
  const named = new Set(
    instructions.flatMap((instruction) =>
      instruction.kind === "arg" ? instruction.args.map(({ name }) => name) : [],
    ),
  );
  return [...buildArgs.keys()].filter(
    (name) => !named.has(name) && !ownArguments.has(name) && !name.startsWith("BUILDKIT_"),
  );
}
