import type { CreateSurroundings } from "../../runtime/container/create-container.ts";
import { printError } from "../command-line/output.ts";
import type { CommandContext } from "./command.ts";
import { lateProgressPrinter } from "./progress-printer.ts";

/** What making a container needs beside the request. */
export function createSurroundings({ env, imagePolicy, verbose }: CommandContext): CreateSurroundings {
  return {
    env,
    ...(imagePolicy === undefined ? {} : { imagePolicy }),
    onProgress: lateProgressPrinter(),
    onRemark: (text) => printError(`cntnr: ${text}\n`),
    onDetail: (text) => {
      if (verbose) printError(`cntnr: ${text}\n`);
    },
  };
}
