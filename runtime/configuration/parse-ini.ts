import { CntnrError } from "../errors/cntnr-error.ts";

/** One `key = value` of a file. */
export interface Setting {
  readonly section: string;
  readonly key: string;
  readonly value: string;
  /** file:line, for messages. */
  readonly where: string;
}

/**
 * Parses `[section]` and `key = value` lines; `;` and `#` begin a comment, at the start of a line or after white space.
 * Throws CntnrError `usage` with file and line for anything else.
 */
export function parseIni(text: string, file: string): Setting[] {
  const settings: Setting[] = [];
  let section = "";
  for (const [index, line] of text.split("\n").entries()) {
    const where = `${file}:${index + 1}`;
    const words = line.replace(/(^|\s)[;#].*$/, "").trim();
    if (words === "") continue;
    const name = /^\[([a-z][a-z0-9-]*)\]$/.exec(words)?.[1];
    const [, key, value] = /^([a-z][a-z0-9-]*)\s*=\s*(.*)$/.exec(words) ?? [];
    if (name !== undefined) section = name;
    else if (key !== undefined && value !== undefined && section !== "")
      settings.push({ section, key, value, where });
    else
      throw new CntnrError(
        "usage",
        `${where}: neither [section] nor "key = value" in a section: ${words.slice(0, 80)}`,
      );
  }
  return settings;
}
