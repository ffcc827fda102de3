import { cpus, hostname, release, totalmem } from "node:os";
import { isActive } from "../../runtime/container/container-state.ts";
import { sweep } from "../../runtime/container/sweep.ts";
import { listImages } from "../../runtime/image/list-images.ts";
import { runCommand } from "../../runtime/process/run-command.ts";
import { loadIdMappings } from "../../runtime/userns/load-id-mappings.ts";
import { print } from "../command-line/output.ts";
import { binarySize } from "./byte-size.ts";
import type { CommandContext } from "./command.ts";
import { formatOne } from "./format-template.ts";

const versionTimeoutMs = 10_000;

/** `cntnr info`: what docker's says of its engine, as far as there is one here. */
export async function info({ args, directories, program }: CommandContext): Promise<number> {
  const { containers } = await sweep(directories);
  const inState = (kinds: readonly string[]) =>
    containers.filter(({ state }) => kinds.includes(state.kind)).length;
  const [runc, conmon] = await Promise.all([versionOf("runc"), versionOf("conmon")]);
  const facts = {
    ServerVersion: program.version,
    Containers: containers.length,
    ContainersRunning: inState(["running"]),
    ContainersPaused: inState(["paused"]),
    ContainersStopped: containers.filter(({ state }) => !isActive(state)).length,
    Images: new Set(listImages(directories).map(({ manifestDigest }) => manifestDigest)).size,
    Driver: "overlay",
    Runtime: runc,
    Monitor: conmon,
    Rootless: process.getuid?.() !== 0,
    SubIds: loadIdMappings().subordinate,
    DataRoot: directories.data,
    StateRoot: directories.run,
    KernelVersion: release(),
    OSType: "linux",
    Architecture: process.arch,
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

async function versionOf(command: string): Promise<string> {
  try {
    const { stdout } = await runCommand(command, ["--version"], { timeoutMs: versionTimeoutMs });
    return stdout.split("\n")[0] ?? "";
  } catch {
    return `${command} is not installed`;
  }
}
