import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join, normalize, resolve } from "node:path";
import { CntnrError } from "../errors/cntnr-error.ts";
import type { MountRequest } from "./container-options.ts";

/** What the parsers ask of the world: where relative sources begin, and whether a source is there. */
export interface MountSurroundings {
  readonly cwd: string;
  readonly exists: (path: string) => boolean;
}

export function realSurroundings(): MountSurroundings {
  return { cwd: process.cwd(), exists: existsSync };
}

/** Options of a bind beside ro and rw, as mount(8) and runc spell them. */
const bindOptions = new Set(
  "private rprivate shared rshared slave rslave suid nosuid dev nodev exec noexec bind rbind atime noatime diratime nodiratime relatime norelatime strictatime nostrictatime sync async".split(
    " ",
  ),
);
const tmpfsOption =
  /^(?:ro|rw|suid|nosuid|dev|nodev|exec|noexec|sync|async|atime|noatime|diratime|nodiratime|relatime|size=\d+[kmgt]?b?%?|mode=[0-7]{3,4}|nr_inodes=\d+[kmg]?|nr_blocks=\d+[kmg]?|uid=\d+|gid=\d+)$/i;

/**
 * `-v SRC:DST[:OPTIONS]`: a bind mount. SRC is absolute, or begins with ./, ../ or ~/, and has to be there (docker would make a
 * directory of root's; we would rather tell). Throws CntnrError `usage`, `not-found` or, for named volumes, `unsupported`.
 */
export function parseVolumeFlag(text: string, surroundings: MountSurroundings): MountRequest {
  const flag = `-v ${text}`;
  const parts = text.split(":");
  const [source, destination, options, ...rest] = parts;
  if (rest.length > 0) throw usage(flag, "it has too many parts: SRC:DST[:OPTIONS]");
  if (!source || destination === "") throw usage(flag, "SRC and DST must not be empty");
  if (destination === undefined)
    throw new CntnrError("unsupported", `${flag}: anonymous volumes are not supported; write SRC:DST`);
  return {
    kind: "bind",
    source: bindSource(flag, source, surroundings),
    destination: checkDestination(flag, destination),
    ...bindFlags(
      flag,
      (options ?? "").split(",").filter((word) => word !== ""),
    ),
  };
}

/** `--mount type=bind|tmpfs,src=...,dst=...[,readonly]`, in docker's words. Throws like {@link parseVolumeFlag}. */
export function parseMountFlag(text: string, surroundings: MountSurroundings): MountRequest {
  const flag = `--mount ${text}`;
  const fields = new Map<string, string>();
  for (const field of splitFields(flag, text)) {
    const equals = field.indexOf("=");
    const key = (equals < 0 ? field : field.slice(0, equals)).trim().toLowerCase();
    const name = mountKeys[key];
    if (!name) throw usage(flag, `"${key}" is not a key: ${Object.keys(mountKeys).join(", ")}`);
    if (fields.has(name)) throw usage(flag, `${key} is there twice`);
    fields.set(name, equals < 0 ? "true" : field.slice(equals + 1));
  }
  const type = fields.get("type") ?? "volume";
  const destination = fields.get("destination");
  if (destination === undefined) throw usage(flag, "dst is missing");
  if (type === "bind") return mountBind(flag, fields, checkDestination(flag, destination), surroundings);
  if (type === "tmpfs") return mountTmpfs(flag, fields, checkDestination(flag, destination));
  if (type === "volume")
    throw new CntnrError("unsupported", `${flag}: named volumes are not supported yet; use type=bind`);
  throw usage(flag, `type is bind or tmpfs, not "${type}"`);
}

/** `--tmpfs DST[:OPTIONS]` */
export function parseTmpfsFlag(text: string): MountRequest {
  const flag = `--tmpfs ${text}`;
  const colon = text.indexOf(":");
  const destination = checkDestination(flag, colon < 0 ? text : text.slice(0, colon));
  const options =
    colon < 0
      ? []
      : text
          .slice(colon + 1)
          .split(",")
          .filter((word) => word !== "");
  for (const option of options)
    if (!tmpfsOption.test(option)) throw usage(flag, `"${option}" is not an option of a tmpfs`);
  return { kind: "tmpfs", destination, options };
}

const mountKeys: Readonly<Record<string, string>> = {
  type: "type",
  src: "source",
  source: "source",
  dst: "destination",
  destination: "destination",
  target: "destination",
  readonly: "readonly",
  ro: "readonly",
  "bind-propagation": "propagation",
  "tmpfs-size": "size",
  "tmpfs-mode": "mode",
};

function mountBind(
  flag: string,
  fields: ReadonlyMap<string, string>,
  destination: string,
  surroundings: MountSurroundings,
): MountRequest {
  const source = fields.get("source");
  if (!source) throw usage(flag, "src is missing");
  for (const key of ["size", "mode"])
    if (fields.has(key)) throw usage(flag, `tmpfs-${key} is for type=tmpfs`);
  const propagation = fields.get("propagation");
  if (propagation !== undefined && !/^r?(?:private|shared|slave)$/.test(propagation))
    throw usage(flag, `bind-propagation is [r]private, [r]shared or [r]slave, not "${propagation}"`);
  return {
    kind: "bind",
    source: bindSource(flag, source, surroundings),
    destination,
    readOnly: isTrue(flag, fields.get("readonly")),
    options: propagation === undefined ? [] : [propagation],
  };
}

function mountTmpfs(flag: string, fields: ReadonlyMap<string, string>, destination: string): MountRequest {
  if (fields.has("source")) throw usage(flag, "a tmpfs has no src");
  if (fields.has("propagation")) throw usage(flag, "bind-propagation is for type=bind");
  const size = fields.get("size");
  const mode = fields.get("mode");
  if (size !== undefined && !/^\d+[kmgt]?$/i.test(size))
    throw usage(flag, `tmpfs-size "${size}" is not a size`);
  if (mode !== undefined && !/^[0-7]{3,4}$/.test(mode))
    throw usage(flag, `tmpfs-mode "${mode}" is not an octal mode`);
  const options = [
    ...(size === undefined ? [] : [`size=${size.toLowerCase()}`]),
    ...(mode === undefined ? [] : [`mode=${mode}`]),
    ...(isTrue(flag, fields.get("readonly")) ? ["ro"] : []),
  ];
  return { kind: "tmpfs", destination, options };
}

/** Fields are separated by commas; one that holds a comma stands in double quotes, as in CSV (RFC 4180). */
function splitFields(flag: string, text: string): string[] {
  const fields: string[] = [];
  const pattern = /(?:"((?:[^"]|"")*)"|([^",]*))(?:,|$)/y;
  while (pattern.lastIndex < text.length) {
    const match = pattern.exec(text);
    if (!match) throw usage(flag, "a quote is not closed, or stands in the middle of a field");
    fields.push(match[1] === undefined ? (match[2] ?? "") : match[1].replaceAll('""', '"'));
  }
  return fields.filter((field) => field !== "");
}

function bindFlags(flag: string, words: readonly string[]): { readOnly: boolean; options: string[] } {
  const options: string[] = [];
  let readOnly = false;
  for (const word of words) {
    if (word === "ro" || word === "rw") readOnly = word === "ro";
    else if (bindOptions.has(word)) options.push(word);
    // Labels of SELinux: without it there is nothing to do, and compose files are full of them.
    else if (
      word !== "z" &&
      word !== "Z" &&
      word !== "cached" &&
      word !== "delegated" &&
      word !== "consistent"
    )
      throw usage(flag, `"${word}" is not an option of a mount`);
  }
  return { readOnly, options };
}

function bindSource(flag: string, source: string, { cwd, exists }: MountSurroundings): string {
  const isPath = isAbsolute(source) || /^(?:\.\.?(?:\/|$)|~(?:\/|$))/.test(source);
  if (!isPath)
    throw new CntnrError(
      "unsupported",
      `${flag}: named volumes are not supported yet; for a directory here write ./${source}`,
    );
  const path = source.startsWith("~") ? join(homedir(), source.slice(1)) : resolve(cwd, source);
  if (!exists(path)) throw new CntnrError("not-found", `${flag}: ${path} does not exist`);
  return path;
}

function checkDestination(flag: string, destination: string): string {
  if (!isAbsolute(destination))
    throw usage(flag, `the place in the container, "${destination}", is not absolute`);
  if (destination.includes("\0")) throw usage(flag, "it holds a NUL");
  const path = normalize(destination).replace(/(?!^)\/+$/, "");
  if (path === "/") throw usage(flag, "nothing can be mounted over the whole root");
  return path;
}

function isTrue(flag: string, value: string | undefined): boolean {
  if (value === undefined || value === "false" || value === "0") return false;
  if (value === "true" || value === "1" || value === "") return true;
  throw usage(flag, `readonly is true or false, not "${value}"`);
}

function usage(flag: string, problem: string): CntnrError {
  return new CntnrError("usage", `${flag}: ${problem}`);
}
