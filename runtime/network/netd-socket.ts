import { dirname } from "node:path";

const defaultSocket = "/run/cntnr-netd/netd.sock";

/** Where netd listens: what $CNTNR_NETD_SOCKET says, else the usual place. */
export function netdSocketPath(env: NodeJS.ProcessEnv): string {
  return env.CNTNR_NETD_SOCKET ?? defaultSocket;
}

/** Directories of sockets of netd's: no container may have them, because in it everybody looks like the user (P8). */
export function netdSocketDirectories(env: NodeJS.ProcessEnv): string[] {
  return [...new Set([netdSocketPath(env), defaultSocket].map((path) => dirname(path)))];
}
