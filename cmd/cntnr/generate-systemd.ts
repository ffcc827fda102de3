import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { shortId } from "../../runtime/container/container-id.ts";
import type { SystemdUnitOptions } from "../../runtime/engine/systemd-unit.ts";
import { CntnrError } from "../../runtime/errors/cntnr-error.ts";
import { unitRestarts } from "../../runtime/systemd/generate-unit.ts";
import { print } from "../command-line/output.ts";
import type { ParsedArguments } from "../command-line/parsed-arguments.ts";
import type { CommandContext } from "./command.ts";
import { engineOf } from "./engine-of.ts";

/** `cntnr generate systemd`: prints a unit, or writes it into the working directory and prints its path. */
export async function generateSystemd(context: CommandContext): Promise<number> {
  const { args } = context;
  const { containers } = engineOf(context);
  const { id, name } = await containers.inspect(args.positionals[0] ?? "");
  const as = args.has("new") ? "new" : args.has("name") ? "name" : "id";
  const unit = await containers.systemdUnit(id, { as, ...optionsOf(args) });
  if (!args.has("files")) {
    print(unit);
    return 0;
  }
  const prefix = args.value("container-prefix") ?? "container";
  const separator = args.value("separator") ?? "-";
  const path = resolve(`${prefix}${separator}${as === "id" ? shortId(id) : name}.service`);
  writeFileSync(path, unit);
  print(`${path}\n`);
  return 0;
}

function optionsOf(args: ParsedArguments): SystemdUnitOptions {
  const policy = args.value("restart-policy");
  const restart = unitRestarts.find((known) => known === policy);
  if (policy !== undefined && !restart)
    throw new CntnrError("usage", `--restart-policy "${policy}" is not one of ${unitRestarts.join(", ")}`);
  const delay = args.value("restart-sec");
  const stop = args.value("time");
  return {
    ...(restart ? { restart } : {}),
    ...(delay === undefined ? {} : { restartDelaySeconds: seconds("restart-sec", delay) }),
    ...(stop === undefined ? {} : { stopSeconds: seconds("time", stop) }),
    wants: args.values("wants"),
    after: args.values("after"),
    requires: args.values("requires"),
  };
}

function seconds(flag: string, text: string): number {
  if (/^-?\d{1,7}$/.test(text)) return Number(text);
  throw new CntnrError("usage", `--${flag} "${text}" is not a number of seconds`);
}
