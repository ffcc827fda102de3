import { existsSync } from "node:fs";
import { join } from "node:path";
import { NotRunning } from "../../netd/admin/admin-client.ts";
import { type ServiceStatus, troublesOf } from "../../netd/admin/status.ts";
import { type Check, fault, good, warning } from "../../netd/doctor/check.ts";
import { configurationChecks } from "../../netd/doctor/configuration-checks.ts";
import { machineChecks } from "../../netd/doctor/machine-checks.ts";
import { runChild } from "../../netd/process/run-child.ts";
import { diagnose } from "../../runtime/doctor/diagnose.ts";
import { installedVersion } from "../../runtime/doctor/installed-version.ts";
import { judgeVersion } from "../../runtime/doctor/judge-version.ts";
import { exitCodeOf, printDiagnoses } from "../diagnosis/print-diagnoses.ts";
import { ask } from "./ask-service.ts";
import type { CommandContext } from "./command.ts";
import { defaultFrontUser, locationOf } from "./locations.ts";

/** `cntnr-netd doctor`: 0 when nothing keeps the service from its work, else 1. */
export async function doctor(context: CommandContext): Promise<number> {
  const { args } = context;
  if (process.getuid?.() !== 0) throw new Error("only root can see all that is looked at: use sudo");
  const places = {
    policyDir: locationOf(args, "policyDir"),
    conflistDir: locationOf(args, "conflistDir"),
    pluginDir: locationOf(args, "pluginDir"),
    runDir: locationOf(args, "runDir"),
    auditLog: locationOf(args, "auditLog"),
    frontUser: args.value("front-user") ?? defaultFrontUser,
    program: process.execPath,
  };
  const checks = [
    ...machineChecks,
    ...configurationChecks(places),
    pluginVersion(places.pluginDir),
    service(context),
  ];
  return exitCodeOf(await printDiagnoses(diagnose(checks)));
}

/** What is known against the installed plugins. */
function pluginVersion(pluginDir: string): Check {
  return {
    name: "plugins",
    look: async () => {
      const plugin = join(pluginDir, "bridge");
      if (!existsSync(plugin)) return good(`${pluginDir} has no bridge, whose version is everybody's`);
      return judgeVersion("plugins", await installedVersion("CNI plugins", plugin, [], outputOf));
    },
  };
}

async function outputOf(command: string, args: readonly string[]): Promise<string | undefined> {
  if (!existsSync(command)) return undefined;
  const limits = { timeoutMs: 20_000, maxOutputBytes: 1 << 20 };
  const { stdout, stderr } = await runChild({ command, args, stdin: "", env: { LC_ALL: "C" }, ...limits });
  return stdout || stderr;
}

function service(context: CommandContext): Check {
  return {
    name: "service",
    look: async () => {
      try {
        const status = (await ask(context, "GET", "/status")) as ServiceStatus;
        const troubles = troublesOf(status);
        if (troubles.length > 0) return fault(troubles.join("\n"));
        return good(`${status.version} runs, with ${status.attachments.attached} attachments`);
      } catch (error) {
        if (error instanceof NotRunning) return warning("does not run");
        throw error;
      }
    },
  };
}
