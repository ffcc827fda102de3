import { capabilitySets } from "../bundle/capabilities.ts";
import type { ContainerUser } from "../bundle/container-user.ts";
import type { OciProcess } from "../bundle/oci-config.ts";
import { refuseProc, workingDirectory } from "../bundle/process-plan.ts";
import { allCapabilities } from "../container/capability-flags.ts";
import type { ExecRequest } from "./exec-request.ts";

/**
 * Pure: what runs in a container beside its own process (runtime-spec, config.md, "process"): the container's, with another
 * command and what was asked for. Throws CntnrError `usage`.
 * @param user who was asked for, as the container knows him
 */
export function planProcess(
  own: OciProcess,
  request: ExecRequest,
  user: ContainerUser | undefined,
): OciProcess {
  const { command, tty, workingDir, isPrivileged } = request;
  return {
    ...own,
    terminal: tty,
    args: command,
    env: environmentOf(own, request, user),
    ...(user ? { user: { uid: user.uid, gid: user.gid, additionalGids: user.additionalGids } } : {}),
    ...(workingDir === undefined ? {} : { cwd: cleanDirectory(workingDir) }),
    ...(isPrivileged ? { capabilities: capabilitySets(allCapabilities), noNewPrivileges: false } : {}),
  };
}

function cleanDirectory(path: string): string {
  const clean = workingDirectory({ workingDir: "/" }, path);
  refuseProc(clean, path);
  return clean;
}

/** Of one name the last counts. Another user has a home of his own, unless HOME was asked for. */
function environmentOf(
  own: OciProcess,
  { env, tty }: ExecRequest,
  user: ContainerUser | undefined,
): string[] {
  const variables = new Map<string, string>();
  const ours = [...(user ? [`HOME=${user.home}`] : []), ...(tty ? ["TERM=xterm"] : [])];
  for (const text of [...own.env, ...ours, ...env]) variables.set(text.split("=", 1)[0] ?? "", text);
  return [...variables.values()];
}
