import type { Flag } from "../command-line/command.ts";

const perSecond = "Bound of a device in a second";
const deviceLimitFlags: readonly Flag[] = [
  { name: "blkio-weight-device", value: "DEVICE:WEIGHT", repeatable: true, summary: "Weight for one device" },
  { name: "device-read-bps", value: "DEVICE:SIZE", repeatable: true, summary: `${perSecond}: bytes read` },
  {
    name: "device-write-bps",
    value: "DEVICE:SIZE",
    repeatable: true,
    summary: `${perSecond}: bytes written`,
  },
  { name: "device-read-iops", value: "DEVICE:NUMBER", repeatable: true, summary: `${perSecond}: reads` },
  { name: "device-write-iops", value: "DEVICE:NUMBER", repeatable: true, summary: `${perSecond}: writes` },
];

/** Bounds of what a container may use: of `run`, `create` and `update`. */
export const resourceFlags: readonly Flag[] = [
  { name: "memory", short: "m", value: "SIZE", summary: "Bound of its memory, where you have cgroups" },
  { name: "memory-swap", value: "SIZE", summary: "Bound of memory and swap together; -1 for none" },
  { name: "memory-reservation", value: "SIZE", summary: "Memory that it is to keep when others need some" },
  { name: "cpus", value: "NUMBER", summary: "Bound of its processor time: 0.5 is half of one" },
  { name: "cpu-shares", short: "c", value: "NUMBER", summary: "Weight of its processor time (1024)" },
  { name: "cpu-quota", value: "MICROSECONDS", summary: "Processor time in each period" },
  { name: "cpu-period", value: "MICROSECONDS", summary: "How long a period is (100000)" },
  { name: "cpuset-cpus", value: "LIST", summary: "Processors that it may use: 0-2,4" },
  { name: "cpuset-mems", value: "LIST", summary: "Memory nodes that it may use" },
  { name: "pids-limit", value: "NUMBER", summary: "Bound of its processes; -1 for none" },
  { name: "blkio-weight", value: "NUMBER", summary: "Weight of its disk access: 10 to 1000" },
];

/** Flags about what separates a container from the host and from others: `isolation-options.ts` reads them. */
export const isolationFlags: readonly Flag[] = [
  { name: "init", summary: "Run a first process in it that passes signals on and reaps (tini)" },
  { name: "pid", value: "MODE", summary: "PID namespace: private (default), host, container:NAME" },
  {
    name: "ipc",
    value: "MODE",
    summary: "IPC namespace: private (default), shareable, host, container:NAME",
  },
  { name: "uts", value: "MODE", summary: "Namespace of host names: private (default), host, container:NAME" },
  {
    name: "userns",
    value: "MODE",
    summary: "User namespace: private (default), keep-id[:uid=,gid=], container:NAME",
  },
  { name: "cgroupns", value: "MODE", summary: "Cgroup namespace: private (default), host" },
  {
    name: "cgroup-parent",
    value: "PATH",
    summary: "Cgroup for its own, below yours; where you have cgroups",
  },
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
    summary: "Further groups of the user, or keep-groups",
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
  ...resourceFlags,
  ...deviceLimitFlags,
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
