import type { ContainerRecord } from "../container/container-record.ts";
import { CntnrError } from "../errors/cntnr-error.ts";
import { ownProgram } from "../process/own-program.ts";
import type { Directories } from "../store/directories.ts";
import { generateUnit, type UnitRestart } from "../systemd/generate-unit.ts";

/** How a unit of systemd has a container run. */
export interface SystemdUnitOptions {
  /**
   * What the unit calls the container; default `id`. `new`: by its name, and it makes a new one at each start, as the command line has
   * made this one.
   */
  readonly as?: "id" | "name" | "new";
  /** systemd.service(5), Restart=; default: what the container's restart policy comes to, `on-failure` without one. */
  readonly restart?: UnitRestart;
  readonly restartDelaySeconds?: number;
  /** After so many seconds it is killed; default: what the container says. */
  readonly stopSeconds?: number;
  /** Further units: systemd.unit(5). */
  readonly wants?: readonly string[];
  readonly after?: readonly string[];
  readonly requires?: readonly string[];
}

/** Which of systemd's policies stands in the place of which of ours. */
const systemds: Readonly<Record<ContainerRecord["restart"]["policy"], UnitRestart>> = {
  no: "on-failure",
  "on-failure": "on-failure",
  always: "always",
  "unless-stopped": "always",
};

/** The unit's text. Throws CntnrError `unsupported` for `new` when no command line has made the container. */
export function systemdUnit(
  directories: Directories,
  record: ContainerRecord,
  options: SystemdUnitOptions,
): string {
  const { as = "id", restartDelaySeconds: restartDelay } = options;
  if (as === "new" && record.createWords.length === 0)
    throw new CntnrError("unsupported", `--new: nobody knows the command line that has made ${record.name}`);
  return generateUnit(record, {
    program: [...ownProgram(), ...directoryFlags(directories)],
    container: as === "id" ? record.id : record.name,
    restart: options.restart ?? systemds[record.restart.policy],
    ...(restartDelay === undefined ? {} : { restartDelay }),
    stopSeconds: options.stopSeconds ?? record.stopTimeoutSeconds,
    ...{ wants: options.wants ?? [], after: options.after ?? [], requires: options.requires ?? [] },
    ...(as === "new" ? { runWords: record.createWords } : {}),
  });
}

/** The user's manager may have other variables than his shell. */
function directoryFlags({ data, run }: Directories): string[] {
  const usual = `/run/user/${process.getuid?.()}/cntnr`;
  return ["--store-dir", data, ...(run === usual ? [] : ["--state-dir", run])];
}
