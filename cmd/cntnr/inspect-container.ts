import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { containerPaths } from "../../runtime/container/container-record.ts";
import { lostExitCode } from "../../runtime/container/container-state.ts";
import type { ContainerDetails } from "../../runtime/engine/container.ts";
import type { PortMapping } from "../../runtime/network/network-request.ts";
import type { Directories } from "../../runtime/store/directories.ts";
import { volumePaths } from "../../runtime/volume/volume-store.ts";
import { stateWord } from "./container-status.ts";
import { healthcheckOf, healthStateOf } from "./inspect-health.ts";

const never = "0001-01-01T00:00:00Z";

/** All that is known of a container, in the shape that `docker container inspect` has. */
export function inspectContainer(directories: Directories, container: ContainerDetails) {
  const { bundle, mounts } = container;
  const { log } = containerPaths(directories, container.id);
  const fileOf = (name: string) => (existsSync(join(bundle, name)) ? join(bundle, name) : "");
  const [path = "", ...args] = container.command;
  return {
    Id: container.id,
    Created: container.createdAt,
    Path: path,
    Args: args,
    State: stateOf(container),
    Image: container.imageId,
    ResolvConfPath: fileOf("resolv.conf"),
    HostnamePath: fileOf("hostname"),
    HostsPath: fileOf("hosts"),
    LogPath: fileOf(basename(log)),
    Name: `/${container.name}`,
    RestartCount: container.restarts,
    Driver: container.rootKind,
    Platform: "linux",
    Bundle: bundle,
    Mounts: mounts.map((mount) => mountOf(directories, mount)),
    HostConfig: hostConfigOf(container),
    Config: configOf(container),
    NetworkSettings: networkSettingsOf(container),
  };
}

function stateOf(container: ContainerDetails) {
  const { state, wasOutOfMemory, lastStartedAt = never } = container;
  const isAlive = state.kind === "running" || state.kind === "paused";
  const finished = "finishedAt" in state ? state.finishedAt : never;
  return {
    Status: stateWord(state),
    Running: isAlive,
    Paused: state.kind === "paused",
    Restarting: state.kind === "restarting",
    OOMKilled: wasOutOfMemory,
    Dead: state.kind === "dead",
    Pid: "pid" in state ? state.pid : 0,
    ExitCode: "exitCode" in state ? state.exitCode : state.kind === "dead" ? lostExitCode : 0,
    Error:
      state.kind === "dead"
        ? "nobody saw its exit code: its supervisor was killed, or the machine stopped"
        : state.kind === "created"
          ? (state.failure ?? "")
          : "",
    StartedAt: "startedAt" in state ? state.startedAt : state.kind === "created" ? never : lastStartedAt,
    FinishedAt: finished,
    ...(container.healthCheck && isAlive ? { Health: healthStateOf(container) } : {}),
  };
}

/** Volumes by their names, where docker has the directory as the source, too. */
function mountOf(directories: Directories, mount: ContainerDetails["mounts"][number]) {
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

function sourceOf(directories: Directories, mount: ContainerDetails["mounts"][number]): string {
  if (mount.kind === "bind") return mount.source;
  return mount.kind === "volume" ? volumePaths(directories, mount.name).data : "";
}

function hostConfigOf({ network, restart, autoRemove, config }: ContainerDetails) {
  const networkMode =
    network.kind === "netd"
      ? (network.networks[0]?.name ?? "none")
      : network.kind === "container"
        ? `container:${network.container}`
        : network.kind;
  return {
    AutoRemove: autoRemove,
    NetworkMode: networkMode,
    RestartPolicy: { Name: restart.policy, MaximumRetryCount: restart.maximumRetries },
    ReadonlyRootfs: config?.root.readonly ?? false,
    Capabilities: config?.process.capabilities?.bounding ?? [],
    NoNewPrivileges: config?.process.noNewPrivileges ?? false,
  };
}

function configOf(container: ContainerDetails) {
  const { config } = container;
  const { uid = 0, gid = 0 } = config?.process.user ?? {};
  return {
    Hostname: config?.hostname ?? "",
    User: uid === 0 && gid === 0 ? "" : `${uid}:${gid}`,
    Tty: container.tty,
    OpenStdin: container.stdin,
    StdinOnce: container.stdinOnce,
    Env: config?.process.env ?? [],
    ...(container.exposedPorts.length === 0
      ? {}
      : { ExposedPorts: Object.fromEntries(container.exposedPorts.map((port) => [port, {}])) }),
    Entrypoint:
      container.entrypointWords === 0 ? null : container.command.slice(0, container.entrypointWords),
    Cmd: container.command.slice(container.entrypointWords),
    Image: container.image,
    WorkingDir: config?.process.cwd ?? "",
    Labels: container.labels,
    StopSignal: container.stopSignal,
    StopTimeout: container.stopTimeoutSeconds,
    ...healthcheckOf(container),
  };
}

/** As netd has answered; the interfaces are gone when the container does not run. */
function networkSettingsOf({ attachments }: ContainerDetails) {
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
