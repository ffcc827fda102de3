import { NotRunning } from "../../netd/admin/admin-client.ts";
import { type ServiceStatus, troublesOf } from "../../netd/admin/status.ts";
import { type Check, diagnose, fault, good, warning } from "../../netd/doctor/check.ts";
import { configurationChecks } from "../../netd/doctor/configuration-checks.ts";
import { machineChecks } from "../../netd/doctor/machine-checks.ts";
import { print, printable } from "../command-line/output.ts";
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
  let exitCode = 0;
  for await (const { name, verdict, text } of diagnose([
    ...machineChecks,
    ...configurationChecks(places),
    service(context),
  ])) {
    const indented = text
      .split("\n")
      .map(printable)
      .join(`\n${" ".repeat(26)}`);
    print(`${verdict.padEnd(8)}${name.padEnd(16)}  ${indented}\n`);
    if (verdict === "fault") exitCode = 1;
  }
  return exitCode;
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
