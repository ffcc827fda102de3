import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join, normalize, resolve } from "node:path";
import { CntnrError } from "../errors/cntnr-error.ts";
import { checkVolumeName } from "../volume/volume-store.ts";
import type { MountRequest, VolumesFrom } from "./container-options.ts";
import { checkTmpfsOption, type MountWords, parseMountWords } from "./mount-words.ts";

/** What the parsers ask of the world: where relative sources begin, and whether a source is there. */
export interface MountSurroundings {
  readonly cwd: string;
  readonly exists: (path: string) => boolean;
}

export function realSurroundings(): MountSurroundings {
  return { cwd: process.cwd(), exists: existsSync };
}

/**
 * `-v SRC:DST[:OPTIONS]`: a bind mount, a volume by its name, or with DST alone an anonymous volume. A path is absolute, or begins with
 * ./, ../ or ~/, and has to be there (docker would make a directory of root's; we would rather tell).
 * Throws CntnrError `usage` or `not-found`.
 */
export function parseVolumeFlag(text: string, surroundings: MountSurroundings): MountRequest {
  return parseColons(`-v ${text}`, text, surroundings);
}

function parseColons(flag: string, text: string, surroundings: MountSurroundings): MountRequest {
  const parts = text.split(":");
  const [source = "", destination = "", ...options] = parts.length === 1 ? ["", text] : parts;
  if (destination === "" || (parts.length > 1 && source === ""))
    throw usage(flag, "SRC and DST must not be empty");
  const words = parseMountWords(
    flag,
    options.flatMap((part) => part.split(",")).filter((word) => word !== ""),
  );
  const place = checkDestination(flag, destination);
  if (isPath(source)) return bind(flag, source, place, words, surroundings);
  return volume(flag, source, place, words);
}

/**
 * `--mount type=bind|volume|tmpfs,src=...,dst=...[,readonly]`, in docker's words, or SRC:DST[:OPTIONS].
 * Throws like {@link parseVolumeFlag}.
 */
export function parseMountFlag(text: string, surroundings: MountSurroundings): MountRequest {
  const flag = `--mount ${text}`;
  if (!text.includes("=") && text.includes(":")) return parseColons(flag, text, surroundings);
  const fields = parseFields(flag, text);
  const type = fields.get("type") ?? "volume";
  const destination = fields.get("destination");
  if (destination === undefined) throw usage(flag, "dst is missing");
  const place = checkDestination(flag, destination);
  for (const key of fields.keys()) {
    const owner = ofOneType[key];
    if (owner !== undefined && owner !== type) throw usage(flag, `${key} is for type=${owner}`);
  }
  if (type === "bind") return mountBind(flag, fields, place, surroundings);
  if (type === "tmpfs") return mountTmpfs(flag, fields, place);
  if (type === "volume") return mountVolume(flag, fields, place);
  throw usage(flag, `type is bind, volume or tmpfs, not "${type}"`);
}

/** `--tmpfs DST[:OPTIONS]` */
export function parseTmpfsFlag(text: string): MountRequest {
  const flag = `--tmpfs ${text}`;
  const [place = "", ...rest] = text.split(":");
  const destination = checkDestination(flag, place);
  const options = rest
    .join(":")
    .split(",")
    .filter((word) => word !== "");
  for (const option of options) checkTmpfsOption(flag, option);
  return { kind: "tmpfs", destination, options };
}

/** `--volumes-from CONTAINER[:ro|rw]` */
export function parseVolumesFrom(text: string): VolumesFrom {
  const [, container, mode = "rw"] = /^([^:]+)(?::(.*))?$/.exec(text) ?? [];
  const words = mode.split(",").filter((word) => word !== "z" && word !== "Z");
  if (container === undefined || !words.every((word) => word === "ro" || word === "rw"))
    throw usage(`--volumes-from ${text}`, "it is written CONTAINER[:ro]");
  return { container, readOnly: words.includes("ro") };
}

const keys: Readonly<Record<string, string>> = {
  type: "type",
  src: "source",
  source: "source",
  dst: "destination",
  destination: "destination",
  target: "destination",
  readonly: "readonly",
  ro: "readonly",
  opt: "options",
  "bind-propagation": "bind-propagation",
  "bind-nonrecursive": "bind-nonrecursive",
  "tmpfs-size": "tmpfs-size",
  "tmpfs-mode": "tmpfs-mode",
  "volume-nocopy": "volume-nocopy",
  "volume-label": "volume-label",
  "volume-driver": "volume-driver",
};
const ofOneType: Readonly<Record<string, string>> = {
  "bind-propagation": "bind",
  "bind-nonrecursive": "bind",
  "tmpfs-size": "tmpfs",
  "tmpfs-mode": "tmpfs",
  "volume-nocopy": "volume",
  "volume-label": "volume",
  "volume-driver": "volume",
};

function parseFields(flag: string, text: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const field of splitFields(flag, text)) {
    const equals = field.indexOf("=");
    const key = (equals < 0 ? field : field.slice(0, equals)).trim().toLowerCase();
    const name = keys[key];
    if (!name) throw usage(flag, `"${key}" is not a key: ${Object.keys(keys).join(", ")}`);
    const value = equals < 0 ? "true" : field.slice(equals + 1);
    if (fields.has(name) && name !== "volume-label" && name !== "options")
      throw usage(flag, `${key} is there twice`);
    fields.set(name, fields.has(name) ? `${fields.get(name)},${value}` : value);
  }
  return fields;
}

function mountBind(
  flag: string,
  fields: ReadonlyMap<string, string>,
  destination: string,
  surroundings: MountSurroundings,
): MountRequest {
  const source = fields.get("source");
  if (!source) throw usage(flag, "src is missing");
  const propagation = fields.get("bind-propagation");
  if (propagation !== undefined && !/^r?(?:private|shared|slave)$/.test(propagation))
    throw usage(flag, `bind-propagation is [r]private, [r]shared or [r]slave, not "${propagation}"`);
  const words = parseMountWords(flag, [
    ...optionWords(fields),
    ...(propagation === undefined ? [] : [propagation]),
    ...(isTrue(flag, fields.get("bind-nonrecursive")) ? ["bind"] : []),
    ...(isTrue(flag, fields.get("readonly")) ? ["ro"] : []),
  ]);
  return bind(flag, source, destination, words, surroundings);
}

function mountTmpfs(flag: string, fields: ReadonlyMap<string, string>, destination: string): MountRequest {
  if (fields.has("source")) throw usage(flag, "a tmpfs has no src");
  const size = fields.get("tmpfs-size");
  const mode = fields.get("tmpfs-mode");
  if (size !== undefined && !/^\d+[kmgt]?b?$/i.test(size))
    throw usage(flag, `tmpfs-size "${size}" is not a size`);
  if (mode !== undefined && !/^[0-7]{3,4}$/.test(mode))
    throw usage(flag, `tmpfs-mode "${mode}" is not an octal mode`);
  const options = [
    ...optionWords(fields),
    ...(size === undefined ? [] : [`size=${size.toLowerCase().replace(/b$/, "")}`]),
    ...(mode === undefined ? [] : [`mode=${mode}`]),
    ...(isTrue(flag, fields.get("readonly")) ? ["ro"] : []),
  ];
  for (const option of options) checkTmpfsOption(flag, option);
  return { kind: "tmpfs", destination, options };
}

function mountVolume(flag: string, fields: ReadonlyMap<string, string>, destination: string): MountRequest {
  const driver = fields.get("volume-driver");
  if (driver !== undefined && driver !== "local")
    throw new CntnrError("unsupported", `${flag}: volumes are directories of yours: volume-driver is local`);
  const words = parseMountWords(flag, [
    ...optionWords(fields),
    ...(isTrue(flag, fields.get("readonly")) ? ["ro"] : []),
    ...(isTrue(flag, fields.get("volume-nocopy")) ? ["nocopy"] : []),
  ]);
  const labels = (fields.get("volume-label") ?? "").split(",").filter((label) => label !== "");
  return {
    ...volume(flag, fields.get("source") ?? "", destination, words),
    ...(labels.length === 0
      ? {}
      : {
          labels: Object.fromEntries(
            labels.map((label) => [label.split("=", 1)[0] ?? "", label.replace(/^[^=]*=?/, "")]),
          ),
        }),
  };
}

function optionWords(fields: ReadonlyMap<string, string>): string[] {
  return (fields.get("options") ?? "").split(/[,:]/).filter((word) => word !== "");
}

function bind(
  flag: string,
  source: string,
  destination: string,
  { readOnly, options, owner, content }: MountWords,
  { cwd, exists }: MountSurroundings,
): MountRequest {
  if (content !== undefined) throw usage(flag, "copy and nocopy are for volumes");
  const path = source.startsWith("~") ? join(homedir(), source.slice(1)) : resolve(cwd, source);
  if (!exists(path)) throw new CntnrError("not-found", `${flag}: ${path} does not exist`);
  return { kind: "bind", source: path, destination, readOnly, options, ...(owner ? { owner } : {}) };
}

function volume(
  flag: string,
  name: string,
  destination: string,
  { readOnly, options, owner, content = "copied" }: MountWords,
): Extract<MountRequest, { kind: "volume" }> {
  if (isPath(name)) throw usage(flag, "src of a volume is its name; for a directory take type=bind");
  const named = name === "" ? {} : { name: checkVolumeName(name) };
  return { kind: "volume", ...named, destination, readOnly, options, content, ...(owner ? { owner } : {}) };
}

function isPath(source: string): boolean {
  return isAbsolute(source) || /^(?:\.\.?(?:\/|$)|~(?:\/|$))/.test(source);
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
  throw usage(flag, `a switch is true or false, not "${value}"`);
}

function usage(flag: string, problem: string): CntnrError {
  return new CntnrError("usage", `${flag}: ${problem}`);
}
