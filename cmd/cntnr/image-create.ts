import { type StepFlag, stepFlagNames } from "../../runtime/build/plan/steps-from-flags.ts";
import { runBuild } from "./build-run.ts";
import type { CommandContext } from "./command.ts";

/** `cntnr image create`: an image of the steps that stand on the command line, in their order. */
export function imageCreate(context: CommandContext): Promise<number> {
  const { args } = context;
  const steps = args.inOrder().flatMap(({ name, value }): StepFlag[] => {
    const known = stepFlagNames.find((step) => step === name);
    return known ? [{ name: known, value }] : [];
  });
  const [from, author] = [args.value("from"), args.value("author")];
  return runBuild(context, (settings) => ({
    ...settings,
    kind: "steps",
    steps,
    ...(from === undefined ? {} : { from }),
    ...(author === undefined ? {} : { author }),
  }));
}
