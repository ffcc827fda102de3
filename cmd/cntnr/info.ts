import { cpus, hostname, machine, release, totalmem } from "node:os";
import { readIfPermitted } from "../../runtime/sys/read-text.ts";
import { print } from "../command-line/output.ts";
import { binarySize } from "./byte-size.ts";
import type { CommandContext } from "./command.ts";
import { engineOf } from "./engine-of.ts";
import { formatOne } from "./format-template.ts";

/** `cntnr info`: what docker's says of its engine, as far as there is one here. */
export async function info(context: CommandContext): Promise<number> {
  const { args, program } = context;
  const { directories, system } = engineOf(context);
  const { containers, images, runtime, monitor, hasSubIds } = await system.info();
  const facts = {
    ServerVersion: program.version,
    Containers: containers.total,
    ContainersRunning: containers.running,
    ContainersPaused: containers.paused,
    ContainersStopped: containers.stopped,
    Images: images,
    Driver: "overlay",
    Runtime: runtime ?? "runc is not installed",
    Monitor: monitor ?? "conmon is not installed",
    Rootless: process.getuid?.() !== 0,
    SubIds: hasSubIds,
    SecurityOptions: ["name=seccomp,profile=builtin", ...(process.getuid?.() === 0 ? [] : ["name=rootless"])],
    DockerRootDir: directories.data,
    StateRoot: directories.run,
    KernelVersion: release(),
    OperatingSystem: operatingSystem(),
    OSType: "linux",
    Architecture: machine(),
    NCPU: cpus().length,
    MemTotal: totalmem(),
    Name: hostname(),
  };
  const format = args.value("format");
  if (format !== undefined) print(formatOne(facts, format));
  else
    print(
      Object.entries({ ...facts, MemTotal: binarySize(facts.MemTotal) })
        .map(([name, value]) => `${name}: ${value}\n`)
        .join(""),
    );
  return 0;
}

/** os-release(5) */
function operatingSystem(): string {
  const text = readIfPermitted("/etc/os-release") ?? "";
  return /^PRETTY_NAME="?([^"\n]*)/m.exec(text)?.[1] ?? "Linux";
}
