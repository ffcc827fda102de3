import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { type BundleConfig, readBundleConfig } from "../../runtime/container/bundle-config.ts";
import { readLife } from "../../runtime/container/container-life.ts";
import { type ContainerRecord, containerPaths } from "../../runtime/container/container-record.ts";
import { type ContainerState, lostExitCode } from "../../runtime/container/container-state.ts";
import { readAttachments } from "../../runtime/network/kept-attachments.ts";
import type { PortMapping } from "../../runtime/network/network-request.ts";
import type { Directories } from "../../runtime/store/directories.ts";
import { volumePaths } from "../../runtime/volume/volume-store.ts";
import { stateWord } from "./container-status.ts";
import { healthcheckOf, healthStateOf } from "./inspect-health.ts";

const never = "0001-01-01T00:00:00Z";

/** All that is known of a container, in the shape that `docker container inspect` has. */
export function inspectContainer(directories: Directories, record: ContainerRecord, state: ContainerState) {
  const paths = containerPaths(directories, record.id);
  const config = readBundleConfig(directories, record);
  const fileOf = (name: string) =>
    existsSync(join(paths.directory, name)) ? join(paths.directory, name) : "";
  const [path = "", ...args] = record.command;
  return {
    Id: record.id,
    Created: record.createdAt,
    Path: path,
    Args: args,
    State: stateOf(directories, record, state),
    Image: record.imageId,
    ResolvConfPath: fileOf("resolv.conf"),
    HostnamePath: fileOf("hostname"),
    HostsPath: fileOf("hosts"),
    LogPath: fileOf(basename(paths.log)),
    Name: `/${record.name}`,
    RestartCount: readLife(paths)?.restarts ?? 0,
    Driver: existsSync(join(paths.directory, "upper")) ? "overlay" : "copy",
    Platform: "linux",
    Bundle: paths.directory,
    Mounts: record.mounts.map((mount) => mountOf(directories, mount)),
    HostConfig: hostConfigOf(record, config),
    Config: configOf(record, config),
    NetworkSettings: networkSettingsOf(directories, record),
  };
}

function stateOf(directories: Directories, record: ContainerRecord, state: ContainerState) {
  const paths = containerPaths(directories, record.id);
  const life = readLife(paths);
  const isAlive = state.kind === "running" || state.kind === "paused";
  const finished = "finishedAt" in state ? state.finishedAt : never;
  return {
    Status: stateWord(state),
    Running: isAlive,
    Paused: state.kind === "paused",
    Restarting: state.kind === "restarting",
    OOMKilled: existsSync(join(paths.directory, "oom")),
    Dead: state.kind === "dead",
    Pid: "pid" in state ? state.pid : 0,
    ExitCode: "exitCode" in state ? state.exitCode : state.kind === "dead" ? lostExitCode : 0,
    Error:
      state.kind === "dead"
        ? "nobody saw its exit code: its supervisor was killed, or the machine stopped"
        : "",
    StartedAt: "startedAt" in state ? state.startedAt : (life?.startedAt ?? never),
    FinishedAt: finished,
    ...(record.health && isAlive ? { Health: healthStateOf(directories, record) } : {}),
  };
}

/** Volumes by their names, where docker has the directory as the source, too. */
function mountOf(directories: Directories, mount: ContainerRecord["mounts"][number]) {
  const { kind, destination, options } = mount;
  const isReadOnly = mount.kind === "tmpfs" ? options.includes("ro") : mount.readOnly;
  return {
    Type: kind,
    ...(mount.kind === "volume" ? { Name: mount.name, Driver: "local" } : {}),
    Source: sourceOf(directories, mount),
    Destination: destination,
    Mode: options.join(","),
    RW: !isReadOnly,
    Propagation: options.find((option) => /^r?(?:private|slave|shared|unbindable)$/.test(option)) ?? "",
  };
}

function sourceOf(directories: Directories, mount: ContainerRecord["mounts"][number]): string {
  if (mount.kind === "bind") return mount.source;
  return mount.kind === "volume" ? volumePaths(directories, mount.name).data : "";
}

function hostConfigOf(record: ContainerRecord, config: BundleConfig | undefined) {
  const { network, restart } = record;
  const networkMode =
    network.kind === "netd"
      ? (network.networks[0]?.name ?? "none")
      : network.kind === "container"
        ? `container:${network.container}`
        : network.kind;
  return {
    AutoRemove: record.autoRemove,
    NetworkMode: networkMode,
    RestartPolicy: { Name: restart.policy, MaximumRetryCount: restart.maximumRetries },
    ReadonlyRootfs: config?.root.readonly ?? false,
    Capabilities: config?.process.capabilities?.bounding ?? [],
    NoNewPrivileges: config?.process.noNewPrivileges ?? false,
  };
}

function configOf(record: ContainerRecord, config: BundleConfig | undefined) {
  const { uid = 0, gid = 0 } = config?.process.user ?? {};
  return {
    Hostname: config?.hostname ?? "",
    User: uid === 0 && gid === 0 ? "" : `${uid}:${gid}`,
    Tty: record.tty,
    OpenStdin: record.stdin,
    StdinOnce: record.stdinOnce,
    Env: config?.process.env ?? [],
    ...(record.exposedPorts.length === 0
      ? {}
      : { ExposedPorts: Object.fromEntries(record.exposedPorts.map((port) => [port, {}])) }),
    Entrypoint: record.entrypointWords === 0 ? null : record.command.slice(0, record.entrypointWords),
    Cmd: record.command.slice(record.entrypointWords),
    Image: record.image,
    WorkingDir: config?.process.cwd ?? "",
    Labels: record.labels,
    StopSignal: record.stopSignal,
    StopTimeout: record.stopTimeoutSeconds,
    ...healthcheckOf(record),
  };
}

/** As netd has answered; the interfaces are gone when the container does not run. */
function networkSettingsOf(directories: Directories, record: ContainerRecord) {
  const attachments = readAttachments(directories, record.id) ?? [];
  const networks = attachments.map(({ network, addresses, gateways, mac, interface: name }) => {
    const [address = "", length = "0"] = (addresses[0] ?? "").split("/");
    return [
      network,
      {
        ...{ Interface: name, IPAddress: address, IPPrefixLen: Number(length), Gateway: gateways[0] ?? "" },
        ...{ MacAddress: mac, Addresses: addresses },
      },
    ] as const;
  });
  return {
    IPAddress: networks[0]?.[1].IPAddress ?? "",
    Ports: portsByContainerPort(attachments.flatMap(({ ports }) => ports)),
    Networks: Object.fromEntries(networks),
  };
}

/** Docker's shape: "80/tcp": [{"HostIp": "", "HostPort": "8080"}]. */
function portsByContainerPort(ports: readonly PortMapping[]) {
  const byPort: Record<string, { HostIp: string; HostPort: string }[]> = {};
  for (const { hostIp, hostPort, containerPort, protocol } of ports) {
    const key = `${containerPort}/${protocol}`;
    byPort[key] = [...(byPort[key] ?? []), { HostIp: hostIp, HostPort: String(hostPort) }];
  }
  return byPort;
}
