import { createInterface } from "node:readline/promises";
import { isatty } from "node:tty";
import { CntnrError } from "../../runtime/errors/cntnr-error.ts";

/**
 * Asks before something is removed; no is the answer of who only presses Enter, and throws CntnrError. So does a standard input that is no
 * terminal to ask on: `usage`.
 */
export async function confirm(consequence: string): Promise<void> {
  if (!isatty(0))
    throw new CntnrError("usage", `${consequence} Without a terminal to ask on, say so with --force`);
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await lines.question(`${consequence} Go on? [y/N] `);
    if (!/^y(?:es)?$/i.test(answer.trim())) throw new CntnrError("engine", "cancelled: nothing is removed");
  } finally {
    lines.close();
  }
}
