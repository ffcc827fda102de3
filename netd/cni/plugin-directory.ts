import { lstatSync, realpathSync, type Stats } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { Ajv } from "ajv";
import { messageOf } from "../errors.ts";
import { type CallLimits, callPlugin } from "./call-plugin.ts";
import { CniError } from "./cni-error.ts";
import type { Conflist } from "./conflist.ts";
import { type CniCommand, versionEnvironment } from "./environment.ts";
import type { Json } from "./json.ts";
import type { CniVersion } from "./version.ts";

/** Spec, section 5, "Version". */
interface VersionDocument {
  readonly supportedVersions: readonly string[];
}

const isVersionDocument = new Ajv().compile<VersionDocument>({
  type: "object",
  required: ["supportedVersions"],
  properties: { supportedVersions: { type: "array", items: { type: "string" } } },
});

const groupOrOthersMayWrite = 0o022;
const anybodyMayExecute = 0o111;

/** The one directory that plugins are run from, and which is given to them for the ones that they run (R3). */
export class PluginDirectory {
  /** By the program's path and state: an upgraded plugin is asked again. */
  readonly #versions = new Map<string, readonly string[]>();

  /** @param path absolute, without symbolic links */
  constructor(readonly path: string) {}

  /**
   * The program of a plugin, after making sure that nobody but root can have put it there or change it. Checked at
   * each call, so that a package's upgrade or removal is seen (F9).
   * @param command what the plugin is wanted for
   * Throws CniError of the kind `missing`.
   */
  locate(pluginType: string, command: CniCommand): string {
    const program = join(this.path, pluginType);
    const fault = directoryFault(this.path) ?? programFault(program);
    if (fault !== undefined) throw new CniError({ pluginType, command, kind: "missing" }, fault);
    return program;
  }

  /** The versions of the specification that a plugin says it supports. Throws CniError. */
  async supportedVersions(pluginType: string, limits: CallLimits): Promise<readonly string[]> {
    const command = "VERSION";
    const program = this.locate(pluginType, command);
    const { ino, size, mtimeMs, ctimeMs } = lstatSync(program);
    const key = [program, ino, size, mtimeMs, ctimeMs].join(" ");
    const known = this.#versions.get(key);
    if (known) return known;
    const env = versionEnvironment(this.path);
    const stdin = JSON.stringify({ cniVersion: "1.0.0" });
    const printed = await callPlugin({ pluginType, command, program, env, stdin }, limits);
    const versions = parseVersions(printed);
    if (!versions)
      throw new CniError({ pluginType, command, kind: "bad-output", details: printed }, "no versions");
    this.#versions.set(key, versions);
    return versions;
  }

  /**
   * Makes sure that everything a conflist runs is there, can be trusted, answers, and supports its version, before
   * anybody is attached with it (F9). Throws an Error with a line for each plugin that is not fit.
   */
  async selfTest(conflist: Conflist, limits: CallLimits): Promise<void> {
    const types = new Set(
      conflist.plugins.flatMap(({ type, ipamType }) => (ipamType ? [type, ipamType] : [type])),
    );
    const faults: string[] = [];
    for (const type of types) {
      const fault = await this.#faultOf(type, conflist.cniVersion, limits);
      if (fault !== undefined) faults.push(`${conflist.source}: ${fault}`);
    }
    if (faults.length > 0) throw new Error(faults.join("\n"));
  }

  async #faultOf(type: string, version: CniVersion, limits: CallLimits): Promise<string | undefined> {
    try {
      const versions = await this.supportedVersions(type, limits);
      if (versions.includes(version)) return undefined;
      return `${join(this.path, type)} does not support cniVersion ${version}, only ${versions.join(", ")}`;
    } catch (error) {
      if (error instanceof CniError) return error.message;
      throw error;
    }
  }
}

function parseVersions(printed: string): readonly string[] | undefined {
  try {
    const json: Json = JSON.parse(printed);
    return isVersionDocument(json) ? json.supportedVersions : undefined;
  } catch {
    return undefined;
  }
}

/** Why a directory is not one that only root can change the content of; undefined when it is. */
function directoryFault(path: string): string | undefined {
  const status = statusOf(path);
  if (typeof status === "string") return status;
  if (!isAbsolute(path) || realpathSync(path) !== path)
    return `${path}: is not the real path: write it absolute and without symbolic links`;
  for (let directory = path; ; directory = dirname(directory)) {
    const fault = accessFault(directory, lstatSync(directory));
    if (fault !== undefined || directory === "/") return fault;
  }
}

function programFault(path: string): string | undefined {
  const status = statusOf(path);
  if (typeof status === "string") return status;
  if (!status.isFile()) return `${path}: is not a regular file`;
  if ((status.mode & anybodyMayExecute) === 0) return `${path}: is not executable`;
  return accessFault(path, status);
}

function statusOf(path: string): Stats | string {
  try {
    return lstatSync(path);
  } catch (error) {
    const isMissing = error instanceof Error && "code" in error && error.code === "ENOENT";
    return isMissing
      ? `${path} is not there: install it (Debian package: containernetworking-plugins)`
      : `${path}: ${messageOf(error)}`;
  }
}

function accessFault(path: string, { uid, mode }: Stats): string | undefined {
  if (uid !== 0) return `${path}: belongs to uid ${uid}: chown it to root`;
  if ((mode & groupOrOthersMayWrite) !== 0) return `${path}: others than root may write it: chmod go-w`;
  return undefined;
}
