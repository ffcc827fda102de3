import { CntnrError } from "../errors/cntnr-error.ts";

/**
 * `-e KEY=VALUE`, or `-e KEY` for our own value of it; undefined when we have none, as docker does it.
 * Throws CntnrError `usage`.
 */
export function parseEnvFlag(text: string, env: NodeJS.ProcessEnv): string | undefined {
  const equals = text.indexOf("=");
  const key = equals < 0 ? text : text.slice(0, equals);
  if (key === "") throw new CntnrError("usage", `-e "${text}": a variable needs a name`);
  if (text.includes("\0")) throw new CntnrError("usage", `-e ${key}: it holds a NUL`);
  if (equals >= 0) return text;
  const value = env[key];
  return value === undefined ? undefined : `${key}=${value}`;
}

/**
 * The lines of an `--env-file`: KEY=VALUE as it stands, without quotes or expansion, KEY alone for our own value, # comments.
 * Throws CntnrError `usage` with file and line.
 */
export function parseEnvFile(text: string, path: string, env: NodeJS.ProcessEnv): string[] {
  const variables: string[] = [];
  for (const [index, raw] of text
    .replace(/^\uFEFF/, "")
    .split("\n")
    .entries()) {
    const line = raw.replace(/\r$/, "").trimStart();
    if (line === "" || line.startsWith("#")) continue;
    const key = line.split("=", 1)[0] ?? "";
    if (
      key === "" ||
      /\s/.test(key.trimEnd()) ||
      line.includes("\0") ||
      (key !== key.trimEnd() && line.includes("="))
    )
      throw new CntnrError(
        "usage",
        `${path}:${index + 1}: not KEY=VALUE: ${JSON.stringify(line.slice(0, 60))}`,
      );
    const variable = parseEnvFlag(line.includes("=") ? line : key.trimEnd(), env);
    if (variable !== undefined) variables.push(variable);
  }
  return variables;
}

/** `--label KEY[=VALUE]`, all of them; of one key the last counts. */
export function parseLabels(texts: readonly string[]): Record<string, string> {
  const labels: Record<string, string> = {};
  for (const text of texts) {
    const equals = text.indexOf("=");
    const key = equals < 0 ? text : text.slice(0, equals);
    if (key === "") throw new CntnrError("usage", `--label "${text}": a label needs a name`);
    labels[key] = equals < 0 ? "" : text.slice(equals + 1);
  }
  return labels;
}
