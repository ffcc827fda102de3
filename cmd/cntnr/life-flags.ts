import type { Flag } from "../command-line/command.ts";

/** When systemd is told that the container is ready; only of use where systemd starts us. */
export const sdnotifyFlag: Flag = {
  name: "sdnotify",
  value: "WHEN",
  choices: ["conmon", "container", "healthy", "ignore"],
  summary:
    "Tell systemd that it is ready: when it is started (conmon), says so itself (container), or is healthy",
};

/** How a container lives: the flags that `run` and `create` share beside what it is made of. */
export const lifeFlags: readonly Flag[] = [
  {
    name: "restart",
    value: "POLICY",
    summary: "Start it again when it ends: no, on-failure[:TRIES], always, unless-stopped",
  },
  {
    name: "stop-timeout",
    value: "SECONDS",
    summary: "How long `cntnr stop` waits before it kills (10); -1: for ever",
  },
  sdnotifyFlag,
];

/** What becomes of the output, of the container and of the pull. */
export const outputFlags: readonly Flag[] = [
  { name: "quiet", short: "q", summary: "Do not show how a pull is going" },
  {
    name: "log-driver",
    value: "DRIVER",
    summary: "What keeps the output: k8s-file (default, as json-file), none",
  },
  {
    name: "log-opt",
    value: "KEY=VALUE",
    repeatable: true,
    summary: "max-size=SIZE: the log begins anew then",
  },
];

/** `--detach-keys`, wherever one can be attached to a container. */
export const detachKeysFlag: Flag = {
  name: "detach-keys",
  value: "KEYS",
  summary: 'Keys that leave the container running (ctrl-p,ctrl-q); "": none',
};

export const signalProxyFlag: Flag = {
  name: "sig-proxy",
  summary: "Pass signals on to the container (true); --sig-proxy=false: not",
};
