import { print, printable, printError } from "../command-line/output.ts";
import { decimalSize } from "./byte-size.ts";
import type { CommandContext } from "./command.ts";
import { engineOf } from "./engine-of.ts";

/** `cntnr image verify`: reads everything in the store again and tells what is not as it should be. */
export async function imageVerify(context: CommandContext): Promise<number> {
  const { problems, images, blobs, blobBytes, layers } = await engineOf(context).images.verify();
  for (const problem of problems) printError(`cntnr: ${printable(problem)}\n`);
  print(
    `${images} images, ${blobs} blobs (${decimalSize(blobBytes)}) and ${layers} unpacked layers: ${
      problems.length === 0 ? "all as they should be" : `${problems.length} problems`
    }\n`,
  );
  return problems.length === 0 ? 0 : 1;
}
