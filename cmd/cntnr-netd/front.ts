import { runFront } from "../../netd/front/run-front.ts";
import { printable, printError } from "../command-line/output.ts";

/** `cntnr-netd front`: started by `serve` as a user of its own, with its descriptors. Not for people. */
export async function front(): Promise<number> {
  await runFront((line) => printError(`cntnr-netd: ${printable(line)}\n`));
  return 0;
}
