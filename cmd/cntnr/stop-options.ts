import type { ContainerRecord } from "../../runtime/container/container-record.ts";
import { parseSignal } from "../../runtime/container/signal-name.ts";
import { CntnrError } from "../../runtime/errors/cntnr-error.ts";
import type { ParsedArguments } from "../command-line/parsed-arguments.ts";

/** `-t SECONDS` and `--signal` of stop and restart; without -t, what the container itself says. Throws CntnrError `usage`. */
export function stopOptions(
  args: ParsedArguments,
): (record: ContainerRecord) => { readonly patienceMs: number; readonly signal?: number } {
  const time = args.value("time");
  const signal = args.value("signal");
  if (time !== undefined && !/^-?\d{1,7}$/.test(time))
    throw new CntnrError("usage", `-t "${time}" is not a number of seconds`);
  const number = signal === undefined ? undefined : parseSignal(signal, "--signal");
  return ({ stopTimeoutSeconds }) => ({
    patienceMs: Number(time ?? stopTimeoutSeconds) * 1000,
    ...(number === undefined ? {} : { signal: number }),
  });
}
