import { readFileSync, statfsSync, statSync } from "node:fs";
import { messageOf } from "../errors/cntnr-error.ts";
import { chooseRoot } from "../rootfs/choose-root.ts";
import { tryOverlay } from "../rootfs/try-overlay.ts";
import type { Directories } from "../store/directories.ts";
import { newKey } from "../store/temporary.ts";
import { getAttribute } from "../sys/file-calls.ts";
import type { IdMappings } from "../userns/id-mappings.ts";
import { loadIdMappings, mapIds, parseSubordinateIds, userName } from "../userns/load-id-mappings.ts";
import { runInUserNamespace } from "../userns/run-in-user-namespace.ts";
import { mountOf, type StoreFacts } from "./store-place.ts";
import type { IdMapper, SubIdFacts } from "./sub-ids.ts";
import type { UserNamespaceFacts } from "./user-namespaces.ts";

const tryTimeoutMs = 20_000;

/** Tries one, with the user's own id alone; its mounts show whether it gives the rights of root. */
export async function readUserNamespaceFacts(): Promise<UserNamespaceFacts> {
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  const own = { uids: mapIds(uid, []), gids: mapIds(gid, []), subordinate: false };
  return {
    failure: await failureOf(own, ["mount", "-t", "tmpfs", "cntnr-doctor", "/tmp"]),
    most: numberIn("/proc/sys/user/max_user_namespaces"),
    unprivilegedClone: numberIn("/proc/sys/kernel/unprivileged_userns_clone"),
    appArmorRestricts: numberIn("/proc/sys/kernel/apparmor_restrict_unprivileged_userns"),
  };
}

/** Tries them when all is there that it takes. */
export async function readSubIdFacts(installMappers: string | undefined): Promise<SubIdFacts> {
  const uid = process.getuid?.() ?? 0;
  const user = userName(uid);
  const [subuid, subgid] = [textOf("/etc/subuid"), textOf("/etc/subgid")];
  const mappings = loadIdMappings();
  return {
    user,
    uid,
    isLocalUser: textOf("/etc/passwd")
      .split("\n")
      .some((line) => line.startsWith(`${user}:`)),
    uids: parseSubordinateIds(subuid, user, uid),
    gids: parseSubordinateIds(subgid, user, uid),
    subuid,
    subgid,
    mappers: ["newuidmap", "newgidmap"].map(findMapper),
    installMappers,
    hasNoNewPrivileges: /^NoNewPrivs:\s*1$/m.test(textOf("/proc/self/status")),
    failure: mappings.subordinate ? await failureOf(mappings, ["true"]) : undefined,
  };
}

function findMapper(name: string): IdMapper | undefined {
  const path = Bun.which(name);
  if (!path) return undefined;
  const { mode, uid } = statSync(path);
  return { path, mode, owner: uid, hasCapabilities: getAttribute(path, "security.capability") !== undefined };
}

/** Tries an overlay with all that containers do to their files, in a directory of its own in the store. */
export async function readStoreFacts(directories: Directories): Promise<StoreFacts> {
  const { data } = directories;
  const { bavail, bsize } = statfsSync(data);
  const mappings = loadIdMappings();
  using key = await newKey(directories, "bundle");
  try {
    const scratch = key.makeDirectory();
    const place = { directory: data, run: directories.run, mappings };
    const choice = await chooseRoot({ layers: ["/lower"], upper: "/upper", work: "/work" }, place);
    return {
      path: data,
      freeBytes: bavail * bsize,
      mount: mountOf(data, textOf("/proc/self/mountinfo")),
      copyReason: choice.kind === "copy" ? choice.reason : undefined,
      overlayFailure:
        choice.kind === "overlay" ? await explained(() => tryOverlay(scratch, mappings)) : undefined,
    };
  } finally {
    await key.clear(mappings);
  }
}

async function explained(attempt: () => Promise<string | undefined>): Promise<string | undefined> {
  try {
    return await attempt();
  } catch (error) {
    return messageOf(error);
  }
}

/** Why a command of a new user namespace's root cannot do its work; undefined when it can. */
async function failureOf(
  mappings: IdMappings,
  argv: readonly [string, ...string[]],
): Promise<string | undefined> {
  try {
    const { exitCode, stderr } = await runInUserNamespace(mappings, argv, { timeoutMs: tryTimeoutMs });
    return exitCode === 0 ? undefined : stderr.trim().split("\n").at(-1) || `exit code ${exitCode}`;
  } catch (error) {
    return messageOf(error);
  }
}

function numberIn(path: string): number | undefined {
  const text = textOf(path).trim();
  return text === "" ? undefined : Number(text);
}

/** Empty when it cannot be read. */
function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
