import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { findDelegation, realCgroupView } from "../cgroup/delegation.ts";
import { loadConfiguration } from "../configuration/load-configuration.ts";
import { CntnrError } from "../errors/cntnr-error.ts";
import { listNetworks } from "../network/networks.ts";
import { installCommand } from "../process/package-names.ts";
import { runCommand } from "../process/run-command.ts";
import type { Directories } from "../store/directories.ts";
import { readIfPermitted } from "../sys/read-text.ts";
import { userName } from "../userns/load-id-mappings.ts";
import { asRoot, type Check, type Finding, fault, good } from "./check.ts";
import { readStoreFacts, readSubIdFacts, readUserNamespaceFacts } from "./gather.ts";
import { judgeCgroups, judgeSeccomp } from "./limits.ts";
import { judgeNetworks } from "./network.ts";
import { findProgram, judgeProgram, neededPrograms } from "./programs.ts";
import { judgeState, judgeUnusableDirectories } from "./state-place.ts";
import { judgeOverlay, judgeStore, type StoreFacts } from "./store-place.ts";
import { judgeSubIds } from "./sub-ids.ts";
import { judgeUserNamespaces } from "./user-namespaces.ts";
import { versionChecks } from "./version-checks.ts";

/** Whose surroundings are looked at. */
export interface DoctorSurroundings {
  readonly env: NodeJS.ProcessEnv;
  /** `--image-policy` */
  readonly imagePolicy?: string;
  /** Opens the user's directories. Throws CntnrError. */
  readonly openDirectories: () => Directories;
}

const versionTimeoutMs = 10_000;

const ownUid = () => process.getuid?.() ?? 0;
const ownName = () => userName(ownUid()) ?? String(ownUid());

/** Everything that running containers takes on this machine, for this user. */
export function userChecks(surroundings: DoctorSurroundings): readonly Check[] {
  const osRelease = readIfPermitted("/etc/os-release") ?? "";
  return [
    ...neededPrograms.map((program) => ({
      name: program.name,
      look: () => judgeProgram(program, findProgram(program, osRelease)),
    })),
    { name: "user namespaces", look: async () => judgeUserNamespaces(await readUserNamespaceFacts()) },
    {
      name: "sub-ids",
      look: async () => judgeSubIds(await readSubIdFacts(installCommand("newuidmap", osRelease))),
    },
    ...directoryChecks(surroundings),
    { name: "seccomp", look: lookAtSeccomp },
    {
      name: "cgroups",
      look: () => judgeCgroups(findDelegation(realCgroupView()), existsSync("/run/systemd/system")),
    },
    { name: "configuration", look: () => lookAtConfiguration(surroundings) },
    { name: "image policy", look: () => lookAtImagePolicy(surroundings, osRelease) },
    { name: "networks", look: () => lookAtNetworks(surroundings) },
    ...versionChecks(),
  ];
}

function directoryChecks({ env, openDirectories }: DoctorSurroundings): Check[] {
  let directories: Directories;
  try {
    directories = openDirectories();
  } catch (error) {
    if (!(error instanceof CntnrError)) throw error;
    return [{ name: "store", look: () => judgeUnusableDirectories(error, env.XDG_RUNTIME_DIR) }];
  }
  // Two checks are about the same facts, which take a while to find out.
  let facts: Promise<StoreFacts> | undefined;
  const read = () => {
    facts ??= readStoreFacts(directories);
    return facts;
  };
  return [
    { name: "store", look: async () => judgeStore(await read()) },
    { name: "overlay", look: async () => judgeOverlay(await read()) },
    { name: "state", look: () => judgeState(directories.run, ownUid(), ownName()) },
  ];
}

async function lookAtSeccomp(): Promise<Finding> {
  const version = Bun.which("runc")
    ? (await runCommand("runc", ["--version"], { timeoutMs: versionTimeoutMs })).stdout
    : undefined;
  return judgeSeccomp(readIfPermitted("/proc/sys/kernel/seccomp/actions_avail"), version);
}

function lookAtConfiguration({ env }: DoctorSurroundings): Finding {
  const { additionalStores } = loadConfiguration(env);
  const missing = additionalStores.filter((path) => !existsSync(path));
  if (missing.length > 0)
    return fault(`there is no image store ${missing.join(", ")}, which the configuration names`);
  return good(
    additionalStores.length === 0 ? "has no fault" : `with image stores ${additionalStores.join(", ")}`,
  );
}

/** containers-policy.json(5): where skopeo looks for it. */
function lookAtImagePolicy({ env, imagePolicy }: DoctorSurroundings, osRelease: string): Finding {
  if (imagePolicy !== undefined) return good(imagePolicy);
  const places = [
    join(env.HOME ?? homedir(), ".config/containers/policy.json"),
    "/etc/containers/policy.json",
  ];
  const found = places.find((path) => existsSync(path));
  if (found !== undefined) return good(found);
  const command = installCommand("policy.json", osRelease);
  return fault(
    `there is none, without which no image is pulled: ${places.join(" or ")}`,
    command === undefined ? undefined : asRoot(command),
  );
}

async function lookAtNetworks({ env }: DoctorSurroundings): Promise<Finding> {
  const answer = await listNetworks(env).catch((error: unknown) => {
    if (error instanceof CntnrError) return error;
    throw error;
  });
  return judgeNetworks(answer, ownName());
}
