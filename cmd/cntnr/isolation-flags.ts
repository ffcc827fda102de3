import type { Flag } from "../command-line/command.ts";

/** Flags about what separates a container from the host and from others: `isolation-options.ts` reads them. */
export const isolationFlags: readonly Flag[] = [
  { name: "init", summary: "Run a first process in it that passes signals on and reaps (catatonit)" },
  { name: "pid", value: "MODE", summary: "PID namespace: private (default), host, container:NAME" },
  { name: "ipc", value: "MODE", summary: "IPC namespace: private (default), host, container:NAME" },
  { name: "uts", value: "MODE", summary: "Namespace of host names: private (default), host, container:NAME" },
  { name: "userns", value: "MODE", summary: "User namespace: private (default), container:NAME" },
  { name: "cgroupns", value: "MODE", summary: "Cgroup namespace: private (default), host" },
  { name: "mount-cgroups", value: "MODE", summary: "/sys/fs/cgroup: ro (default), rw, no" },
  { name: "privileged", summary: "Lift all restrictions but those that you have yourself" },
  {
    name: "security-opt",
    value: "OPTION",
    repeatable: true,
    summary: "seccomp=FILE|unconfined, no-new-privileges=BOOL, mask=PATHS, unmask=PATHS|ALL",
  },
  { name: "seccomp", value: "FILE", summary: "Filter of system calls: a profile, default or unconfined" },
  { name: "device", value: "SRC[:DST[:rwm]]", repeatable: true, summary: "Show a device of the host" },
  {
    name: "group-add",
    aliases: ["additional-groups"],
    value: "GROUP",
    repeatable: true,
    summary: "Further groups of the user (as root), or keep-groups",
  },
  {
    name: "ulimit",
    value: "NAME=SOFT[:HARD]",
    repeatable: true,
    summary: "Limit of the process: nofile=1024:4096",
  },
  {
    name: "sysctl",
    value: "KEY=VALUE",
    repeatable: true,
    summary: "Kernel setting of the container's namespaces",
  },
  {
    name: "oom-score-adj",
    value: "NUMBER",
    summary: "How gladly the kernel ends it without memory: to 1000",
  },
  { name: "shm-size", value: "SIZE", summary: "Size of /dev/shm (64m)" },
  { name: "domainname", value: "DOMAIN", summary: "Domain of the container's host name" },
  {
    name: "add-host",
    value: "NAME:ADDRESS",
    repeatable: true,
    summary: "Line of /etc/hosts; address host-gateway: the host",
  },
  { name: "hosts-entry", value: "LINE", repeatable: true, summary: "Line of /etc/hosts as it stands there" },
  { name: "dns", value: "ADDRESS", repeatable: true, summary: "Name server instead of the host's" },
  { name: "dns-search", value: "DOMAIN", repeatable: true, summary: "Search domain; . for none" },
  {
    name: "dns-option",
    aliases: ["dns-opt", "dns-opts"],
    value: "OPTION",
    repeatable: true,
    summary: "Option of resolv.conf",
  },
  {
    name: "annotation",
    value: "KEY=VALUE",
    repeatable: true,
    summary: "Annotation for the OCI runtime",
  },
];
