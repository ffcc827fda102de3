import { statSync } from "node:fs";
import { resolve } from "node:path";
import type { AgentRequest } from "../../runtime/build/agent/open-agents.ts";
import type { BuildOutput, NamedContext } from "../../runtime/build/build-request.ts";
import { IgnoreRules } from "../../runtime/build/context/ignore-rules.ts";
import type { SecretSource } from "../../runtime/build/steps/secrets.ts";
import { CntnrError } from "../../runtime/errors/cntnr-error.ts";

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

/** `--build-context NAME=DIRECTORY` or `NAME=docker-image://IMAGE` */
export function namedContexts(texts: readonly string[]): Map<string, NamedContext> {
  return new Map(
    texts.map((text): [string, NamedContext] => {
      const equals = text.indexOf("=");
      const [name, source] = [text.slice(0, Math.max(equals, 0)), text.slice(equals + 1)];
      if (name === "" || source === "")
        throw new CntnrError("usage", `--build-context ${text}: NAME=DIRECTORY or NAME=docker-image://IMAGE`);
      const [, image] = /^docker-image:\/\/(.+)$/.exec(source) ?? [];
      if (image !== undefined) return [name, { kind: "image", name: image }];
      if (!statSync(source, { throwIfNoEntry: false })?.isDirectory())
        throw new CntnrError("not-found", `--build-context ${text}: there is no directory ${source}`);
      return [name, { kind: "context", path: resolve(source), ignore: IgnoreRules.none }];
    }),
  );
}

/** `--output DIR`, `-` or `type=local|tar|oci|docker,dest=PATH` */
export function parseOutput(text: string): BuildOutput {
  if (text === "-") return { kind: "tar", destination: "-" };
  if (!text.includes("=")) return { kind: "local", destination: text };
  const fields = fieldsOf(text, "--output");
  const type = fields.get("type") ?? "";
  const destination = fields.get("dest") ?? (type === "local" ? "" : "-");
  const kind = (["local", "tar", "oci", "docker"] as const).find((known) => known === type);
  if (!kind) throw new CntnrError("usage", `--output ${text}: type is local, tar, oci or docker`);
  if (destination === "" || (kind === "local" && destination === "-"))
    throw new CntnrError("usage", `--output ${text}: dest is missing`);
  return { kind, destination };
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
