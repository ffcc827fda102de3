import type { NamedContext } from "../../runtime/build/build-request.ts";
import { IgnoreRules } from "../../runtime/build/context/ignore-rules.ts";
import { type StepFlag, stepFlagNames, stepsFromFlags } from "../../runtime/build/plan/steps-from-flags.ts";
import { runBuild } from "./build-run.ts";
import type { CommandContext } from "./command.ts";

/** `cntnr image create`: an image of the steps that stand on the command line, in their order. */
export function imageCreate(context: CommandContext): Promise<number> {
  const { args } = context;
  const flags = args.inOrder().flatMap(({ name, value }): StepFlag[] => {
    const known = stepFlagNames.find((step) => step === name);
    return known ? [{ name: known, value }] : [];
  });
  return runBuild(context, async () => {
    const cwd = process.cwd();
    const steps = stepsFromFlags(args.value("from"), args.value("author"), flags, cwd);
    const contexts = new Map<string, NamedContext>();
    for (const [name, path] of steps.directories)
      contexts.set(name, { kind: "context", path, ignore: IgnoreRules.none });
    return {
      dockerfile: steps.dockerfile,
      context: { kind: "context", path: cwd, ignore: IgnoreRules.none },
      contexts,
      labels: {},
    };
  });
}
