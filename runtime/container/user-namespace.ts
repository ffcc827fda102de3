import { CntnrError } from "../errors/cntnr-error.ts";
import { notInPath } from "../process/run-command.ts";
import type { Directories } from "../store/directories.ts";
import type { HeldNamespace } from "../userns/hold-namespace.ts";
import type { IdMappings } from "../userns/id-mappings.ts";
import { type KeptIds, keepIds } from "../userns/keep-ids.ts";
import { loadIdMappings } from "../userns/load-id-mappings.ts";
import type { ContainerOptions } from "./container-options.ts";
import type { ContainerRecord } from "./container-record.ts";
import { joinProcess, runningInitOf } from "./joined-container.ts";
import { runtimeOf } from "./runc.ts";

/** Stands among `--group-add` for the groups of whoever runs cntnr, which a container of a user's has anyhow. */
const keptGroups = "keep-groups";

/** The groups that the runtime is to set; undefined for none. Throws CntnrError `usage` or `unsupported`. */
export function groupsToSet(
  { groups = [], pid }: Pick<ContainerOptions, "groups" | "pid">,
  mappings: IdMappings,
  keptIds: KeptIds | undefined,
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
  if (keptIds)
    throw new CntnrError(
      "unsupported",
      `${what} with --userns keep-id: the runtime would have to be the container's root, who is not you there; --group-add keep-groups keeps yours`,
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
 * The ids that a user has in a container where he is not root: those that are asked for, or those of the container that it joins; undefined
 * where he is.
 */
export function keptIdsOf(
  { userns }: Pick<ContainerOptions, "userns">,
  joined: Pick<ContainerRecord, "keptIds"> | undefined,
): KeptIds | undefined {
  if (joined) return joined.keptIds;
  if (userns?.kind !== "keep-id") return undefined;
  const { uid = process.getuid?.() ?? 0, gid = process.getgid?.() ?? 0 } = userns;
  return { uid, gid };
}

/** How ids of a container are ids of the host. */
export function mappingsOf({ keptIds }: Pick<ContainerRecord, "keptIds">): IdMappings {
  return keptIds ? keepIds(loadIdMappings(), keptIds) : loadIdMappings();
}

/**
 * Before each start of a container: the user namespace that we make for it, or that of the container that it joins, for as long as nobody else
 * is in it; config.json names the process. Undefined where the runtime makes the namespace. Throws CntnrError.
 */
export async function openNamespace(
  directories: Directories,
  record: ContainerRecord,
): Promise<HeldNamespace | undefined> {
  const { joins, keptIds } = record;
  if (joins !== undefined) {
    const pid = runningInitOf(directories, joins);
    joinProcess(directories, record, pid);
    return { pid, [Symbol.dispose]: () => undefined };
  }
  if (!keptIds && !isEntered(record)) return undefined;
  const { holdUserNamespace } = await import("../userns/hold-namespace.ts");
  const hasNetwork = keptIds !== undefined && record.network.kind !== "host";
  const held = await holdUserNamespace(mappingsOf(record), hasNetwork ? ["--net"] : []);
  if (keptIds) joinProcess(directories, record, held.pid);
  return held;
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
  throw notInPath(name);
}
