import { createInterface } from "node:readline/promises";
import { isatty } from "node:tty";
import { CntnrError } from "../../runtime/errors/cntnr-error.ts";

/** Asks before something is removed; no is the answer of who only presses Enter. Throws CntnrError `usage` without a terminal. */
export async function confirm(consequence: string): Promise<boolean> {
  if (!isatty(0))
    throw new CntnrError("usage", `${consequence} Without a terminal to ask on, say so with --force`);
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(?:es)?$/i.test((await lines.question(`${consequence} Go on? [y/N] `)).trim());
  } finally {
    lines.close();
  }
}
