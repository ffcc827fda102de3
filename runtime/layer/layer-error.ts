import { CntnrError } from "../errors/cntnr-error.ts";

/** A layer that is not what it says it is: damaged, cut off, or made to do harm. */
export function damagedLayer(what: string, options?: ErrorOptions): CntnrError {
  return new CntnrError("corrupt", `layer: ${what}`, options);
}

/** A layer that is in order, but cannot be unpacked by this program. */
export function unsupportedLayer(what: string): CntnrError {
  return new CntnrError("unsupported", `layer: ${what}`);
}

/** A name out of an archive for a message: control characters and bytes beyond ASCII as \xNN, not too long. */
export function printable(name: string): string {
  const text = name.length > 200 ? `${name.slice(0, 200)}...` : name;
  const escaped = text.replace(
    /[^\x20-\x7e]/g,
    (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
  return `"${escaped}"`;
}
