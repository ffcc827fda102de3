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
