import { CntnrError } from "../../runtime/errors/cntnr-error.ts";

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * A point in time as people write it, in milliseconds since 1970: RFC 3339 (also a date alone), seconds since 1970, or how long
 * ago (10m, 1h30m). Throws CntnrError `usage`.
 * @param flag for the error: --since
 */
export function parseTime(flag: string, text: string, nowMs: number): number {
  if (/^\d+(?:\.\d+)?$/.test(text)) return Number(text) * 1000;
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhd])/g)];
  if (parts.length > 0 && parts.map(([part]) => part).join("") === text)
    return parts.reduce((time, [, count, unit]) => time - Number(count) * (unitMs[unit ?? ""] ?? 0), nowMs);
  const time = Date.parse(text);
  if (/^\d{4}-\d{2}-\d{2}/.test(text) && !Number.isNaN(time)) return time;
  throw new CntnrError("usage", `${flag} "${text}" is no time: RFC 3339, seconds since 1970, or as in 1h30m`);
}
