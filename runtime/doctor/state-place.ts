import type { CntnrError } from "../errors/cntnr-error.ts";
import { stateWithoutRuntimeDirectory } from "../store/directories.ts";
import { asRoot, asUser, type Finding, fault, good, warning } from "./check.ts";

/** Pure. @param error why the user's directories could not be opened */
export function judgeUnusableDirectories(error: CntnrError, runtimeDirectory: string | undefined): Finding {
  const isRuntimes = runtimeDirectory !== undefined && error.message.includes(`${runtimeDirectory}/`);
  return fault(error.message, isRuntimes ? asUser("unset XDG_RUNTIME_DIR") : undefined);
}

/** Where what dies with the boot is kept. Pure. */
export function judgeState(path: string, uid: number, user: string): Finding {
  if (path !== stateWithoutRuntimeDirectory(uid)) return good(path);
  return warning(
    `${path}: you have no runtime directory, and in /tmp others clean up, and may be there first`,
    asRoot(`loginctl enable-linger ${user}`),
  );
}
