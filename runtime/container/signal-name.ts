import { constants } from "node:os";
import { CntnrError } from "../errors/cntnr-error.ts";

const firstRealTime = 34;
const lastRealTime = 64;

/**
 * The number of a signal: `TERM`, `sigterm`, `15`, `RTMIN+3`. Images and people write all of these.
 * @param flag where it is written, for the error
 * Throws CntnrError `usage`.
 */
export function parseSignal(text: string, flag = "signal"): number {
  if (/^\d{1,2}$/.test(text)) {
    const number = Number(text);
    if (number >= 1 && number <= lastRealTime) return number;
  }
  const name = text.toUpperCase().replace(/^SIG/, "");
  const known = Object.entries(constants.signals).find(([signal]) => signal === `SIG${name}`);
  if (known) return known[1];
  const realTime = /^RT(?:MIN\+(\d{1,2})|MAX-(\d{1,2})|(MIN)|(MAX))$/.exec(name);
  if (realTime) {
    const [, aboveMin, belowMax, , max] = realTime;
    const isFromTop = belowMax !== undefined || max !== undefined;
    const number = isFromTop ? lastRealTime - Number(belowMax ?? 0) : firstRealTime + Number(aboveMin ?? 0);
    if (number >= firstRealTime && number <= lastRealTime) return number;
  }
  throw new CntnrError("usage", `${flag} ${text}: there is no such signal (kill -l lists them)`);
}
