import { existsSync } from "node:fs";
import { join } from "node:path";
import { CntnrError } from "../errors/cntnr-error.ts";
import { runCommand } from "../process/run-command.ts";
import type { Product } from "./advisories.ts";
import type { Check } from "./check.ts";
import { installedVersion } from "./installed-version.ts";
import { judgeVersion } from "./judge-version.ts";

const pluginDirectories = ["/usr/lib/cni", "/opt/cni/bin"];
const timeoutMs = 10_000;

/** What is known against what is installed; nothing about what is not. */
export function versionChecks(): Check[] {
  const programs = (["runc", "conmon", "skopeo"] as const).map((name) => ({ name, path: Bun.which(name) }));
  const plugin = pluginDirectories
    .map((directory) => join(directory, "bridge"))
    .find((path) => existsSync(path));
  return [
    ...programs.flatMap(({ name, path }) => (path ? [versionCheck(name, name, path, ["--version"])] : [])),
    ...(plugin === undefined ? [] : [versionCheck("plugins", "CNI plugins", plugin, [])]),
  ];
}

function versionCheck(product: Product, name: string, path: string, args: readonly string[]): Check {
  return {
    name: product === "plugins" ? name : `${name} version`,
    look: async () => judgeVersion(product, await installedVersion(name, path, args, outputOf)),
  };
}

async function outputOf(command: string, args: readonly string[]): Promise<string | undefined> {
  try {
    const { stdout, stderr } = await runCommand(command, args, { timeoutMs });
    return stdout || stderr;
  } catch (error) {
    if (error instanceof CntnrError) return undefined;
    throw error;
  }
}
