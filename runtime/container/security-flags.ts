import { parseSeccompFile } from "../bundle/seccomp/profile-file.ts";
import { CntnrError } from "../errors/cntnr-error.ts";
import type { SecurityOptions } from "./container-options.ts";
import type { ReadFlagFile } from "./flag-file.ts";

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/**
 * All `--security-opt`, in docker's and podman's words: seccomp=FILE|default|unconfined, no-new-privileges[=BOOL],
 * mask=PATH[:PATH...], unmask=ALL|PATH[:PATH...], systempaths=unconfined. Labels and AppArmor profiles are for systems that have
 * them and for root; switching them off is what a user's container has anyhow. Throws CntnrError.
 */
export function parseSecurityOptions(texts: readonly string[], readText: ReadFlagFile): SecurityOptions {
  const options: Mutable<SecurityOptions> = {
    seccomp: { kind: "default" },
    noNewPrivileges: true,
    mask: [],
    unmask: [],
  };
  for (const text of texts) {
    const [, key = "", value] = /^([a-z-]+)(?:[=:]([\s\S]*))?$/.exec(text) ?? [];
    if (key === "no-new-privileges") options.noNewPrivileges = parseSwitch(text, value);
    else if (key === "seccomp" && value)
      options.seccomp = parseSeccomp("--security-opt seccomp", value, readText);
    else if (key === "mask" && value) options.mask = [...options.mask, ...paths(text, value)];
    else if (key === "unmask" && value)
      options.unmask = [...options.unmask, ...(value === "ALL" ? ["ALL"] : paths(text, value))];
    else if (text === "systempaths=unconfined") options.unmask = ["ALL"];
    else if (!/^(?:label[=:]disable|apparmor[=:]unconfined)$/.test(text))
      throw new CntnrError(
        /^(?:label|apparmor)/.test(text) ? "unsupported" : "usage",
        `--security-opt ${text}: there are seccomp=, no-new-privileges, mask= and unmask=`,
      );
  }
  return options;
}

function parseSwitch(text: string, value: string | undefined): boolean {
  if (value === undefined || value === "true" || value === "1") return true;
  if (value === "false" || value === "0") return false;
  throw new CntnrError("usage", `--security-opt ${text}: it is true or false`);
}

export function parseSeccomp(
  flag: string,
  value: string,
  readText: ReadFlagFile,
): SecurityOptions["seccomp"] {
  if (value === "default" || value === "unconfined") return { kind: value };
  return { kind: "file", profile: parseSeccompFile(readText(flag, value), value) };
}

function paths(text: string, value: string): string[] {
  const list = value.split(":");
  if (list.every((path) => path.startsWith("/"))) return list;
  throw new CntnrError("usage", `--security-opt ${text}: paths are absolute, with colons between them`);
}
