const decimalUnits = ["B", "kB", "MB", "GB", "TB", "PB"];
const binaryUnits = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];

/** 12.3MB: as docker prints sizes of images and files. */
export function decimalSize(bytes: number): string {
  return scaled(bytes, 1000, decimalUnits);
}

/** 12.3MiB: as docker prints sizes of memory. */
export function binarySize(bytes: number): string {
  return scaled(bytes, 1024, binaryUnits);
}

/** Three digits, as with printf's %.4g or %.3g. */
function scaled(bytes: number, base: number, units: readonly string[]): string {
  let value = bytes;
  let index = 0;
  for (; value >= base && index < units.length - 1; index++) value /= base;
  return `${Number(value.toPrecision(base === 1000 ? 3 : 4))}${units[index]}`;
}

const multiples: Readonly<Record<string, number>> = { "": 1, k: 1, m: 2, g: 3, t: 4 };

/** A size as docker's flags take it: `512m`, `10GB`, `1.5g`; a b or ib at the end says nothing new. Undefined for what is none. */
export function parseSize(text: string): number | undefined {
  const [, count, unit = ""] = /^(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?$/i.exec(text) ?? [];
  if (count === undefined) return undefined;
  const power = unit === "" ? 0 : (multiples[unit.toLowerCase()] ?? 0);
  return Math.round(Number(count) * 1024 ** power);
}
