import { parseSignal } from "../../runtime/container/signal-name.ts";
import type { StopOptions } from "../../runtime/engine/containers.ts";
import { CntnrError } from "../../runtime/errors/cntnr-error.ts";
import type { ParsedArguments } from "../command-line/parsed-arguments.ts";

/** `-t SECONDS` and `--signal` of stop and restart. Throws CntnrError `usage`. */
export function stopOptions(args: ParsedArguments): StopOptions {
  const time = args.value("time");
  const stopSignal = args.value("signal");
  if (time !== undefined && !/^-?\d{1,7}$/.test(time))
    throw new CntnrError("usage", `-t "${time}" is not a number of seconds`);
  // Wrong for one is wrong for all.
  if (stopSignal !== undefined) parseSignal(stopSignal);
  return {
    ...(time === undefined ? {} : { timeoutSeconds: Number(time) }),
    ...(stopSignal === undefined ? {} : { stopSignal }),
  };
}
