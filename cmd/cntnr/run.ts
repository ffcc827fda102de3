import { runContainer } from "../../runtime/container/run-container.ts";
import { print, printError } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { parseRunRequest } from "./run-request.ts";

/** `cntnr run` */
export async function run(context: CommandContext): Promise<number> {
  const { directories, env } = context;
  const request = parseRunRequest(context.args, env);
  const result = await runContainer(directories, request, {
    env,
    ...(context.imagePolicy === undefined ? {} : { imagePolicy: context.imagePolicy }),
    pullReporter: async () => {
      const { progressPrinter } = await import("./progress-printer.ts");
      return progressPrinter();
    },
    onRemark: (text) => printError(`cntnr: ${text}\n`),
  });
  if (result.kind === "ended") return result.exitCode;
  print(`${result.id}\n`);
  return 0;
}
