import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { shortId } from "../../runtime/container/container-id.ts";
import type { ContainerRecord } from "../../runtime/container/container-record.ts";
import { findContainer } from "../../runtime/container/container-store.ts";
import { CntnrError } from "../../runtime/errors/cntnr-error.ts";
import { ownProgram } from "../../runtime/process/own-program.ts";
import type { Directories } from "../../runtime/store/directories.ts";
import { generateUnit, type UnitOptions } from "../../runtime/systemd/generate-unit.ts";
import { print } from "../command-line/output.ts";
import type { ParsedArguments } from "../command-line/parsed-arguments.ts";
import type { CommandContext } from "./command.ts";

/** Which of systemd's policies stands in the place of which of ours. */
const systemds: Readonly<Record<ContainerRecord["restart"]["policy"], UnitOptions["restart"]>> = {
  no: "on-failure",
  "on-failure": "on-failure",
  always: "always",
  "unless-stopped": "always",
};
const policies: readonly UnitOptions["restart"][] = [
  ...(["no", "on-success", "on-failure", "on-abnormal", "on-watchdog", "on-abort", "always"] as const),
];

/** `cntnr generate systemd`: prints a unit, or writes it into the working directory and prints its path. */
export function generateSystemd({ args, directories }: CommandContext): number {
  const record = findContainer(directories, args.positionals[0] ?? "");
  const isNew = args.has("new");
  const container = args.has("name") || isNew ? record.name : record.id;
  if (isNew && record.createWords.length === 0)
    throw new CntnrError("unsupported", `--new: nobody knows the command line that has made ${record.name}`);
  const unit = generateUnit(record, {
    ...optionsOf(args, record),
    program: [...ownProgram(), ...directoryFlags(directories)],
    container,
    ...(isNew ? { runWords: record.createWords } : {}),
  });
  if (!args.has("files")) {
    print(unit);
    return 0;
  }
  const prefix = args.value("container-prefix") ?? "container";
  const name = container === record.id ? shortId(record.id) : record.name;
  const path = resolve(`${prefix}${args.value("separator") ?? "-"}${name}.service`);
  writeFileSync(path, unit);
  print(`${path}\n`);
  return 0;
}

/** The user's manager may have other variables than his shell. */
function directoryFlags({ data, run }: Directories): string[] {
  const usual = `/run/user/${process.getuid?.()}/cntnr`;
  return ["--store-dir", data, ...(run === usual ? [] : ["--state-dir", run])];
}

function optionsOf(args: ParsedArguments, record: ContainerRecord) {
  const policy = args.value("restart-policy");
  const restart =
    policy === undefined ? systemds[record.restart.policy] : policies.find((known) => known === policy);
  if (!restart)
    throw new CntnrError("usage", `--restart-policy "${policy}" is not one of ${policies.join(", ")}`);
  const delay = args.value("restart-sec");
  return {
    restart,
    ...(delay === undefined ? {} : { restartDelay: seconds("restart-sec", delay) }),
    stopSeconds: seconds("time", args.value("time") ?? String(record.stopTimeoutSeconds)),
    wants: args.values("wants"),
    after: args.values("after"),
    requires: args.values("requires"),
  };
}

function seconds(flag: string, text: string): number {
  if (/^-?\d{1,7}$/.test(text)) return Number(text);
  throw new CntnrError("usage", `--${flag} "${text}" is not a number of seconds`);
}
