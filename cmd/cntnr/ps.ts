import { shortId } from "../../runtime/container/container-id.ts";
import { isActive, lostExitCode } from "../../runtime/container/container-state.ts";
import { type ListedContainer, sweep } from "../../runtime/container/sweep.ts";
import { readAttachments } from "../../runtime/network/kept-attachments.ts";
import type { Directories } from "../../runtime/store/directories.ts";
import { print, printable, printError, printTable } from "../command-line/output.ts";
import { agoOf } from "./ago.ts";
import type { CommandContext } from "./command.ts";

const longestCommand = 30;

/** `cntnr ps` */
export async function ps({ args, directories }: CommandContext): Promise<number> {
  const { containers, damaged } = await sweep(directories);
  for (const { message } of damaged) printError(`cntnr: ${message}\n`);
  const shown = containers.filter(({ state }) => args.has("all") || isActive(state));
  const id = ({ record }: ListedContainer) => (args.has("no-trunc") ? record.id : shortId(record.id));
  if (args.has("quiet")) print(shown.map((container) => `${id(container)}\n`).join(""));
  else if (args.value("format") === "json")
    print(shown.map((container) => `${JSON.stringify(jsonOf(directories, container))}\n`).join(""));
  else
    printTable([
      ["CONTAINER ID", "IMAGE", "COMMAND", "CREATED", "STATUS", "NETWORK", "NAMES"],
      ...shown.map((container) => row(directories, container, id(container), args.has("no-trunc"))),
    ]);
  return damaged.length === 0 ? 0 : 1;
}

function row(directories: Directories, container: ListedContainer, id: string, isWhole: boolean): string[] {
  const { record } = container;
  const command = printable(record.command.join(" "));
  const shown =
    isWhole || command.length <= longestCommand ? command : `${command.slice(0, longestCommand - 1)}…`;
  return [
    id,
    record.image.replace(/^docker\.io\/(?:library\/)?/, ""),
    `"${shown}"`,
    `${agoOf(record.createdAt)} ago`,
    statusOf(container),
    networkOf(directories, container),
    record.name,
  ];
}

function statusOf({ state }: ListedContainer): string {
  switch (state.kind) {
    case "running":
      return `Up ${agoOf(state.startedAt)}`;
    case "exited":
      return `Exited (${state.exitCode}) ${agoOf(state.finishedAt)} ago`;
    case "dead":
      return "Dead (its exit code is lost)";
    case "restarting":
      return `Restarting (${state.exitCode}) ${agoOf(state.finishedAt)} ago`;
    default:
      return "Created";
  }
}

/** host, none, or the networks with the addresses that the container has on them. */
function networkOf(directories: Directories, { record, state }: ListedContainer): string {
  if (record.network.kind !== "netd") return record.network.kind;
  const attached = isActive(state) ? (readAttachments(directories, record.id) ?? []) : [];
  return record.network.networks
    .map((network) => {
      const addresses = attached.find((attachment) => attachment.network === network)?.addresses ?? [];
      return [network, ...addresses.map((address) => address.split("/")[0])].join(" ");
    })
    .join(", ");
}

function jsonOf(directories: Directories, container: ListedContainer) {
  const { record, state } = container;
  return {
    id: record.id,
    name: record.name,
    image: record.image,
    imageId: record.imageId,
    command: record.command,
    createdAt: record.createdAt,
    state: state.kind,
    status: statusOf(container),
    ...(state.kind === "running" ? { pid: state.pid } : {}),
    ...(state.kind === "exited" ? { exitCode: state.exitCode } : {}),
    ...(state.kind === "dead" ? { exitCode: lostExitCode } : {}),
    labels: record.labels,
    networks: readAttachments(directories, record.id) ?? [],
    network: networkOf(directories, container),
  };
}
