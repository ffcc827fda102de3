import { interruptible } from "../command-line/interruption.ts";
import { print, printable, printError } from "../command-line/output.ts";
import { decimalSize } from "./byte-size.ts";
import type { CommandContext } from "./command.ts";
import { engineOf } from "./engine-of.ts";

/** `cntnr image verify`: reads everything in the store again and tells what is not as it should be. */
export async function imageVerify(context: CommandContext): Promise<number> {
  const unpacked = context.args.has("unpacked") ? "contents" : "places";
  const { problems, images, blobs, blobBytes, layers, trees } = await interruptible((signal) =>
    engineOf(context).images.verify({ unpacked, signal }),
  );
  for (const problem of problems) printError(`cntnr: ${printable(problem)}\n`);
  print(
    `${images} images, ${blobs} blobs (${decimalSize(blobBytes)}) and ${layers} unpacked layers${trees === undefined ? "" : ` (${trees} compared with their archives)`}: ${
      problems.length === 0 ? "all as they should be" : `${problems.length} problems`
    }\n`,
  );
  return problems.length === 0 ? 0 : 1;
}
