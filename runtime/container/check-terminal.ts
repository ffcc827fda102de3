import { CntnrError } from "../errors/cntnr-error.ts";
import { isTerminal } from "../sys/terminal.ts";

/** To type into a terminal of the container's own we need one ourselves. Throws CntnrError `usage`, in docker's words. */
export function checkTerminal(options: { readonly tty: boolean; readonly stdin: boolean }): void {
  if (options.tty && options.stdin && !isTerminal(0))
    throw new CntnrError(
      "usage",
      "the input device is not a TTY (-ti needs a terminal; leave out -t in scripts and pipes)",
    );
}
