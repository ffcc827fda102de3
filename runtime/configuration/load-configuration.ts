import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { CntnrError, hasErrno, messageOf } from "../errors/cntnr-error.ts";
import { type Configuration, defaultConfiguration, interpret } from "./keys.ts";
import { parseIni } from "./parse-ini.ts";

const systemFile = "/etc/cntnr/cntnr.ini";

/** Reads the administrator's and the user's configuration, where there are any. Throws CntnrError. */
export function loadConfiguration(env: NodeJS.ProcessEnv): Configuration {
  const [system, user] = [systemFile, userFile(env)].map((file) => interpret(parseIni(textOf(file), file)));
  return { ...defaultConfiguration, ...system, ...user };
}

function userFile(env: NodeJS.ProcessEnv): string {
  const configured = env.XDG_CONFIG_HOME;
  const home = configured && isAbsolute(configured) ? configured : join(env.HOME ?? homedir(), ".config");
  return join(home, "cntnr/config.ini");
}

function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (hasErrno(error, "ENOENT", "ENOTDIR")) return "";
    throw new CntnrError("usage", `${file} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}
