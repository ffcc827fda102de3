import { CntnrError } from "../errors/cntnr-error.ts";

const units: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  k: 2 ** 10,
  m: 2 ** 20,
  g: 2 ** 30,
  t: 2 ** 40,
};

/** A size as docker writes it, 64m, 1.5GiB, in bytes. Throws CntnrError `usage` that names the flag. */
export function parseSize(flag: string, text: string): number {
  const [, number = "", unit = ""] = /^(\d{1,15}(?:\.\d{1,6})?) ?([bkmgt]?)(?:i?b)?$/i.exec(text) ?? [];
  const factor = number === "" ? undefined : units[unit.toLowerCase()];
  const bytes = Math.floor(Number(number) * (factor ?? 0));
  if (factor !== undefined && Number.isSafeInteger(bytes)) return bytes;
  throw new CntnrError("usage", `${flag} "${text}" is not a size: 1048576, 512k, 64m, 2g`);
}
