import { shortId } from "../../runtime/container/container-id.ts";
import type { ContainerRecord } from "../../runtime/container/container-record.ts";
import { measureContainer } from "../../runtime/container/container-size.ts";
import { isActive, lostExitCode } from "../../runtime/container/container-state.ts";
import type { ListedContainer } from "../../runtime/container/sweep.ts";
import { readAttachments } from "../../runtime/network/kept-attachments.ts";
import { showPort } from "../../runtime/network/network-request.ts";
import type { Directories } from "../../runtime/store/directories.ts";
import { agoOf } from "../command-line/ago.ts";
import { printable } from "../command-line/output.ts";
import { decimalSize } from "./byte-size.ts";
import { stateWord, statusOf } from "./container-status.ts";
import type { ListLayout, TemplateRow } from "./format-template.ts";

export const psLayout = (withSize: boolean): ListLayout => ({
  headings: {
    ID: "CONTAINER ID",
    Image: "IMAGE",
    Command: "COMMAND",
    RunningFor: "CREATED",
    CreatedAt: "CREATED AT",
    LocalVolumes: "LOCAL VOLUMES",
    Networks: "NETWORK",
    Ports: "PORTS",
    State: "STATE",
    Status: "STATUS",
    Names: "NAMES",
    Labels: "LABELS",
    Size: "SIZE",
  },
  columns: [
    ...["ID", "Image", "Command", "RunningFor", "Status", "Networks", "Ports", "Names"],
    ...(withSize ? ["Size"] : []),
  ],
});

const longestCommand = 30;

/** What is shown of a container, by docker's names. */
export async function psRow(
  directories: Directories,
  container: ListedContainer,
  options: { readonly isWhole: boolean; readonly withSize: boolean },
): Promise<TemplateRow> {
  const { record, state } = container;
  const labels = record.labels;
  return {
    ID: options.isWhole ? record.id : shortId(record.id),
    Image: shownImage(record),
    Command: shownCommand(record, options.isWhole),
    CreatedAt: record.createdAt,
    RunningFor: `${agoOf(record.createdAt)} ago`,
    State: stateWord(state),
    Status: statusOf(directories, container),
    Names: record.name,
    Networks: networksOf(directories, container),
    Ports: portsOf(directories, container),
    Labels: Object.entries(labels)
      .map(([key, value]) => `${key}=${value}`)
      .join(","),
    Label: (key: string) => labels[key] ?? "",
    ImageID: record.imageId,
    ...(options.withSize ? { Size: await sizeOf(directories, record) } : { Size: "" }),
    ...("pid" in state ? { Pid: state.pid } : {}),
    ...("exitCode" in state ? { ExitCode: state.exitCode } : {}),
    ...(state.kind === "dead" ? { ExitCode: lostExitCode } : {}),
  };
}

/** Without what docker leaves out, too. */
function shownImage({ image }: ContainerRecord): string {
  return image.replace(/^docker\.io\/(?:library\/)?/, "");
}

function shownCommand({ command }: ContainerRecord, isWhole: boolean): string {
  const text = printable(command.join(" "));
  const shown = isWhole || text.length <= longestCommand ? text : `${text.slice(0, longestCommand - 1)}…`;
  return `"${shown}"`;
}

/** host, none, or the networks with the addresses that the container has on them. */
export function networksOf(directories: Directories, { record, state }: ListedContainer): string {
  if (record.network.kind === "container") return `container:${record.network.container}`;
  if (record.network.kind !== "netd") return record.network.kind;
  const attached = isActive(state) ? (readAttachments(directories, record.id) ?? []) : [];
  return record.network.networks
    .map(({ name }) => {
      const addresses = attached.find((attachment) => attachment.network === name)?.addresses ?? [];
      return [name, ...addresses.map((address) => address.split("/")[0])].join(" ");
    })
    .join(", ");
}

/** The ports of the host that lead to it. */
function portsOf(directories: Directories, { record, state }: ListedContainer): string {
  const attached = isActive(state) ? (readAttachments(directories, record.id) ?? []) : [];
  return attached.flatMap(({ ports }) => ports.map(showPort)).join(", ");
}

async function sizeOf(directories: Directories, record: ContainerRecord): Promise<string> {
  const { ownBytes, imageBytes } = await measureContainer(directories, record);
  return `${decimalSize(ownBytes)} (virtual ${decimalSize(ownBytes + imageBytes)})`;
}
