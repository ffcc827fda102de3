import { resolve } from "node:path";
import type { AgentRequest } from "../../runtime/build/agent/open-agents.ts";
import type { BuildOutput } from "../../runtime/build/build-request.ts";
import type { CommandSettings } from "../../runtime/build/plan/operation.ts";
import type { SecretSource } from "../../runtime/build/steps/secrets.ts";
import { parseUlimit } from "../../runtime/container/limit-flags.ts";
import { parseAddHost } from "../../runtime/container/name-flags.ts";
import { parseSize } from "../../runtime/container/size-flag.ts";
import { CntnrError } from "../../runtime/errors/cntnr-error.ts";
import type { ParsedArguments } from "../command-line/parsed-arguments.ts";

/** `--build-arg NAME[=VALUE]`; without a value it is ours from the environment, if it is there. */
export function parseBuildArgs(texts: readonly string[], env: NodeJS.ProcessEnv): Map<string, string> {
  const args = new Map<string, string>();
  for (const text of texts) {
    const equals = text.indexOf("=");
    const name = equals < 0 ? text : text.slice(0, equals);
    if (name === "") throw new CntnrError("usage", `--build-arg "${text}": NAME=VALUE`);
    const value = equals < 0 ? env[name] : text.slice(equals + 1);
    if (value !== undefined) args.set(name, value);
  }
  return args;
}

/** `--secret id=NAME[,src=FILE|,env=VARIABLE]` */
export function parseSecrets(texts: readonly string[]): Map<string, SecretSource> {
  return new Map(
    texts.map((text): [string, SecretSource] => {
      const fields = fieldsOf(text, "--secret");
      const id = fields.get("id") ?? "";
      const path = fields.get("src") ?? fields.get("source");
      const variable = fields.get("env");
      const isOfVariable = fields.get("type") === "env" || (path === undefined && variable !== undefined);
      if (id === "") throw new CntnrError("usage", `--secret ${text}: id is missing`);
      if (path !== undefined && fields.get("type") !== "env")
        return [id, { kind: "file", path: resolve(path) }];
      // docker takes the variable of the secret's name where nothing else is said.
      return [id, { kind: "variable", name: (isOfVariable ? variable : undefined) ?? path ?? id }];
    }),
  );
}

/** `--ssh ID[=SOCKET|KEY[,KEY...]]`: without a path it is the agent of our environment. */
export function parseAgents(texts: readonly string[], env: NodeJS.ProcessEnv): AgentRequest[] {
  return texts.map((text) => {
    const equals = text.indexOf("=");
    const id = equals < 0 ? text : text.slice(0, equals);
    const paths = equals < 0 ? [] : text.slice(equals + 1).split(",");
    const own = env.SSH_AUTH_SOCK ?? "";
    if (paths.length === 0 && own === "")
      throw new CntnrError(
        "usage",
        `--ssh ${text}: no agent is running (SSH_AUTH_SOCK is not set); a key is given by --ssh ${id}=FILE`,
      );
    return { id: id || "default", paths: paths.length === 0 ? [own] : paths.map((path) => resolve(path)) };
  });
}

/** `--build-context NAME=SOURCE`: sources by name. */
export function parseNamedContexts(texts: readonly string[]): Map<string, string> {
  return new Map(
    texts.map((text) => {
      const equals = text.indexOf("=");
      const [name, source] = [text.slice(0, Math.max(equals, 0)), text.slice(equals + 1)];
      if (name === "" || source === "")
        throw new CntnrError("usage", `--build-context ${text}: it is written NAME=SOURCE`);
      return [name, source];
    }),
  );
}

/** `--add-host`, `--shm-size`, `--ulimit` */
export function commandSettings(args: ParsedArguments): CommandSettings {
  const shmSize = args.value("shm-size");
  return {
    addHosts: args.values("add-host").flatMap(parseAddHost),
    ulimits: args.values("ulimit").map(parseUlimit),
    ...(shmSize === undefined ? {} : { shmSizeBytes: parseSize("--shm-size", shmSize) }),
  };
}

/** `--annotation [manifest:]KEY=VALUE`; there is no index that could have any. */
export function parseAnnotations(texts: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    texts.map((text) => {
      const equals = text.indexOf("=");
      const [, types, key = ""] = /^(?:([a-z,-]+):)?(.+)$/.exec(text.slice(0, Math.max(equals, 0))) ?? [];
      if (key === "") throw new CntnrError("usage", `--annotation "${text}": it is written KEY=VALUE`);
      if (types !== undefined && types !== "manifest")
        throw new CntnrError(
          "unsupported",
          `--annotation ${text}: only the manifest of an image can have any`,
        );
      return [key, text.slice(equals + 1)];
    }),
  );
}

/** Flags of docker's that ask for what there is not here. Returns what has to be said of those that do no harm. */
export function checkForeignFlags(args: ParsedArguments): string[] {
  for (const name of ["provenance", "sbom"]) {
    const value = args.value(name) ?? "false";
    if (!/^(?:0|f|false)$/i.test(value))
      throw new CntnrError("unsupported", `--${name}=${value}: no attestations are made`);
  }
  const other = args.values("cache-to").find((text) => text !== "type=inline");
  if (other !== undefined)
    throw new CntnrError(
      "unsupported",
      `--cache-to ${other}: what builds keep is in the store, and cannot be written elsewhere`,
    );
  const isAsked = args.values("cache-from").length > 0 || args.values("cache-to").length > 0;
  return isAsked ? ["--cache-from and --cache-to have no effect: what builds keep is in the store"] : [];
}

/** What comes of a build. */
export type BuildResult =
  | { readonly kind: "image"; readonly names: readonly string[]; readonly isPushed: boolean }
  | { readonly kind: "output"; readonly output: BuildOutput };

const standardOutput = 1;

/** `--output DIR`, `-`, or `type=TYPE,dest=PATH`, once; `--push`, `--load`. */
export function parseResult(args: ParsedArguments): BuildResult {
  const [text, second] = args.values("output");
  const isPushed = args.has("push");
  if (second !== undefined) throw new CntnrError("usage", `--output ${second}: a build has one result here`);
  if (text === undefined) return { kind: "image", names: [], isPushed };
  if (isPushed || args.has("load"))
    throw new CntnrError(
      "usage",
      `--output ${text} does not go with --push and --load, which are outputs, too`,
    );
  if (text === "-") return { kind: "output", output: { kind: "tar", destination: standardOutput } };
  if (!text.includes("=")) return { kind: "output", output: { kind: "local", destination: text } };
  return resultOf(text, fieldsOf(text, "--output"));
}

function resultOf(text: string, fields: ReadonlyMap<string, string>): BuildResult {
  const type = fields.get("type") ?? "";
  const dest = fields.get("dest");
  const name = fields.get("name");
  // docker loads an archive for which no place is named.
  if (type === "image" || type === "registry" || (type === "docker" && dest === undefined))
    return {
      kind: "image",
      names: name === undefined ? [] : [name],
      isPushed: type === "registry" || fields.get("push") === "true",
    };
  const destination = dest ?? (type === "local" ? "" : "-");
  const kind = (["local", "tar", "oci", "docker"] as const).find((known) => known === type);
  if (!kind)
    throw new CntnrError("usage", `--output ${text}: type is local, tar, oci, docker, image or registry`);
  if (destination === "" || (kind === "local" && destination === "-"))
    throw new CntnrError("usage", `--output ${text}: dest is missing`);
  return {
    kind: "output",
    output: { kind, destination: destination === "-" ? standardOutput : destination },
  };
}

/** Comma-separated `key=value`. */
export function fieldsOf(text: string, flag: string): Map<string, string> {
  return new Map(
    text.split(",").map((field) => {
      const equals = field.indexOf("=");
      if (equals <= 0) throw new CntnrError("usage", `${flag} ${text}: "${field}" is not KEY=VALUE`);
      return [field.slice(0, equals), field.slice(equals + 1)];
    }),
  );
}
