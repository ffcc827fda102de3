import type { LimitOptions, Ulimit } from "../container/container-options.ts";
import { CntnrError } from "../errors/cntnr-error.ts";
import type { IdMapping } from "../userns/id-mappings.ts";
import type { OciRlimit } from "./oci-config.ts";

/** RLIM_INFINITY of getrlimit(2). */
const unlimited = 2n ** 64n - 1n;

/** Words of /proc/self/limits (proc(5)), by the names of setrlimit(2). */
const limitTitles: Readonly<Record<string, string>> = {
  RLIMIT_AS: "Max address space",
  RLIMIT_CORE: "Max core file size",
  RLIMIT_CPU: "Max cpu time",
  RLIMIT_DATA: "Max data size",
  RLIMIT_FSIZE: "Max file size",
  RLIMIT_LOCKS: "Max file locks",
  RLIMIT_MEMLOCK: "Max locked memory",
  RLIMIT_MSGQUEUE: "Max msgqueue size",
  RLIMIT_NICE: "Max nice priority",
  RLIMIT_NOFILE: "Max open files",
  RLIMIT_NPROC: "Max processes",
  RLIMIT_RSS: "Max resident set",
  RLIMIT_RTPRIO: "Max realtime priority",
  RLIMIT_RTTIME: "Max realtime timeout",
  RLIMIT_SIGPENDING: "Max pending signals",
  RLIMIT_STACK: "Max stack size",
};

/**
 * The limits of a container's process; of one kind the last counts. Only root may raise a hard limit, so what is above the
 * user's own is refused. Pure.
 * @param ownLimits /proc/self/limits; asked for only when there is anything to compare
 * Throws CntnrError `not-permitted`.
 */
export function planRlimits(
  ulimits: readonly Ulimit[],
  mayRaise: boolean,
  ownLimits: () => string,
): OciRlimit[] {
  const byType = new Map(ulimits.map((limit) => [limit.type, limit]));
  return [...byType.values()].map(({ type, soft, hard }) => {
    const own = mayRaise ? -1 : hardLimit(ownLimits(), type);
    if (own !== -1 && (hard === -1 || hard > own))
      throw new CntnrError(
        "not-permitted",
        `--ulimit ${type.slice("RLIMIT_".length).toLowerCase()}: your own hard limit is ${own}, which only root can raise`,
      );
    const value = (number: number) => (number === -1 ? unlimited : number);
    return { type, soft: value(soft), hard: value(hard) };
  });
}

/** The hard limit of a kind in the text of /proc/self/limits; -1 for none. */
function hardLimit(text: string, type: string): number {
  const title = limitTitles[type] ?? "";
  const line = text.split("\n").find((candidate) => candidate.startsWith(`${title} `)) ?? "";
  const [, hard = "unlimited"] = line.slice(title.length).trim().split(/\s+/);
  return hard === "unlimited" ? -1 : Number(hard);
}

/** Only root may make a process of his harder to end (proc(5), oom_score_adj). */
export function checkOomScoreAdj(wanted: number, own: number): number {
  if (wanted >= own || process.geteuid?.() === 0) return wanted;
  throw new CntnrError(
    "not-permitted",
    `--oom-score-adj ${wanted}: only root may go below ${own}, which you have`,
  );
}

interface NamespaceFacts {
  readonly hasOwnNetwork: boolean;
  readonly hasOwnIpc: boolean;
  /** Not of its own is a /proc that cannot be written to. */
  readonly hasOwnProc: boolean;
}

const ipcSysctl =
  /^(?:kernel\.(?:msgmax|msgmnb|msgmni|sem|shmall|shmmax|shmmni|shm_rmid_forced)|fs\.mqueue\..+)$/;

/**
 * Kernel settings of the container's namespaces. In a network namespace of its own a container may do what harms nobody: low
 * ports and ping without being root. Throws CntnrError `usage` for settings that are the whole machine's.
 */
export function planSysctls(
  asked: NonNullable<LimitOptions["sysctls"]>,
  gids: readonly IdMapping[],
  { hasOwnNetwork, hasOwnIpc, hasOwnProc }: NamespaceFacts,
): Record<string, string> {
  for (const key of Object.keys(asked)) {
    const isIpc = ipcSysctl.test(key);
    if (!isIpc && !key.startsWith("net."))
      throw new CntnrError("usage", `--sysctl ${key}: it is the whole machine's, not a container's`);
    if (isIpc ? !hasOwnIpc : !hasOwnNetwork)
      throw new CntnrError(
        "usage",
        `--sysctl ${key}: the container shares its ${isIpc ? "IPC" : "network"} namespace with others`,
      );
  }
  const [first] = Object.keys(asked);
  if (!hasOwnProc && first !== undefined)
    throw new CntnrError(
      "unavailable",
      `--sysctl ${first}: /proc is that of the container that this is in, and cannot be written to. For that container, --security-opt unmask=ALL lifts it`,
    );
  const largestGid = Math.max(...gids.map(({ containerId, size }) => containerId + size - 1));
  const usual = {
    "net.ipv4.ip_unprivileged_port_start": "0",
    "net.ipv4.ping_group_range": `0 ${largestGid}`,
  };
  return { ...(hasOwnNetwork && hasOwnProc ? usual : {}), ...asked };
}
