import { CntnrError } from "../errors/cntnr-error.ts";
import { startFailure } from "../process/run-command.ts";
import type { Directories } from "../store/directories.ts";
import type { HeldNamespace } from "../userns/hold-namespace.ts";
import type { IdMappings } from "../userns/id-mappings.ts";
import { loadIdMappings } from "../userns/load-id-mappings.ts";
import type { ContainerOptions } from "./container-options.ts";
import type { ContainerRecord } from "./container-record.ts";
import { runningInitOf } from "./joined-container.ts";
import { runtimeOf } from "./runc.ts";

/** Stands among `--group-add` for the groups of whoever runs cntnr, which a container of a user's has anyhow. */
const keptGroups = "keep-groups";

/** The groups that the runtime is to set; undefined for none. Throws CntnrError `usage` or `unsupported`. */
export function groupsToSet(
  { groups = [], pid }: Pick<ContainerOptions, "groups" | "pid">,
  mappings: IdMappings,
): readonly string[] | undefined {
  const named = groups.filter((name) => name !== keptGroups);
  if (named.length === 0) return undefined;
  if (named.length < groups.length)
    throw new CntnrError(
      "usage",
      "--group-add keep-groups goes with no other groups, which would replace them",
    );
  if (isRoot()) return named;
  const what = `--group-add ${named.join(", ")}`;
  if (!mappings.subordinate)
    throw new CntnrError(
      "unsupported",
      `${what}: you have no sub-ids (/etc/subuid, /etc/subgid), so a container of yours has no groups but your own`,
    );
  if (pid?.kind === "host")
    throw new CntnrError(
      "unsupported",
      `${what} with --pid host: the container's root would be that of the runtime, and could reach it`,
    );
  return named;
}

function isRoot(): boolean {
  return process.geteuid?.() === 0;
}

/**
 * Whether the runtime is started as root of the container's user namespace, which we make: runc sets groups only for an effective id 0
 * (README.md).
 */
export function isEntered({ addedGroups }: Pick<ContainerRecord, "addedGroups">): boolean {
  return addedGroups !== undefined && !isRoot();
}

/**
 * The user namespace in which a container's runtime is started, for as long as it is made: a new one, or that of the container that it
 * joins; undefined where the runtime makes it.
 */
export async function openNamespace(
  directories: Directories,
  record: ContainerRecord,
): Promise<HeldNamespace | undefined> {
  if (!isEntered(record)) return undefined;
  if (record.joins !== undefined)
    return { pid: runningInitOf(directories, record.joins), [Symbol.dispose]: () => undefined };
  const { holdUserNamespace } = await import("../userns/hold-namespace.ts");
  return holdUserNamespace(loadIdMappings());
}

/**
 * The runtime's words for what it does as the container's maker: `create`, `exec`. What else is done with the container we may do as
 * its user namespace's owner. Throws CntnrError `unavailable`.
 * @param pid a process in the container's user namespace, if the runtime is to be started in it
 */
export function runtimeCommand(
  record: Pick<ContainerRecord, "runtime" | "addedGroups">,
  pid: number | undefined,
): readonly [string, ...string[]] {
  const runtime = runtimeOf(record);
  if (!isEntered(record) || pid === undefined) return [runtime];
  // It becomes root there, without groups (nsenter(1)).
  return ["nsenter", `--user=/proc/${pid}/ns/user`, "--", runtime];
}

/** The same for conmon, which wants the path of a program, and further words as `--runtime-arg`. */
export function conmonRuntime(...args: Parameters<typeof runtimeCommand>): string[] {
  const [program, ...words] = runtimeCommand(...args);
  return ["-r", findProgram(program), ...words.flatMap((word) => ["--runtime-arg", word])];
}

function findProgram(name: string): string {
  const path = Bun.which(name);
  if (path) return path;
  throw startFailure(name, Object.assign(new Error("not in PATH"), { code: "ENOENT" }));
}
