import { shortId } from "../../runtime/container/container-id.ts";
import type { ContainerSize } from "../../runtime/container/container-size.ts";
import { lostExitCode } from "../../runtime/container/container-state.ts";
import type { Container } from "../../runtime/engine/container.ts";
import { showPort } from "../../runtime/network/network-request.ts";
import { agoOf } from "../command-line/ago.ts";
import { printable } from "../command-line/output.ts";
import { decimalSize } from "./byte-size.ts";
import { stateWord, statusOf } from "./container-status.ts";
import { createdAt } from "./created-at.ts";
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
    Mounts: "MOUNTS",
    Labels: "LABELS",
    Size: "SIZE",
  },
  columns: [
    ...["ID", "Image", "Command", "RunningFor", "Status", "Networks", "Ports", "Names"],
    ...(withSize ? ["Size"] : []),
  ],
});

const longestCommand = 30;
const longestMount = 15;

/** What is shown of a container, by docker's names. */
export function psRow(
  container: Container,
  options: { readonly isWhole: boolean; readonly size: ContainerSize | undefined },
): TemplateRow {
  const { state, labels, attachments } = container;
  return {
    ID: options.isWhole ? container.id : shortId(container.id),
    Image: shownImage(container),
    Command: shownCommand(container, options.isWhole),
    CreatedAt: createdAt(container.createdAt),
    RunningFor: `${agoOf(container.createdAt)} ago`,
    State: stateWord(state),
    Status: statusOf(container),
    Names: container.name,
    Networks: networksOf(container),
    Ports: attachments.flatMap(({ ports }) => ports.map(showPort)).join(", "),
    Labels: Object.entries(labels)
      .map(([key, value]) => `${key}=${value}`)
      .join(","),
    Label: (key: string) => labels[key] ?? "",
    ImageID: container.imageId,
    Mounts: mountNames(container, options.isWhole).join(","),
    LocalVolumes: String(container.mounts.filter(({ kind }) => kind === "volume").length),
    Size: options.size ? sizeText(options.size) : "0B",
    ...("pid" in state ? { Pid: state.pid } : {}),
    ...("exitCode" in state ? { ExitCode: state.exitCode } : {}),
    ...(state.kind === "dead" ? { ExitCode: lostExitCode } : {}),
  };
}

/** Without what docker leaves out, too. */
function shownImage({ image }: Container): string {
  return image.replace(/^docker\.io\/(?:library\/)?/, "");
}

function shownCommand({ command }: Container, isWhole: boolean): string {
  const text = printable(command.join(" "));
  return `"${isWhole ? text : shortened(text, longestCommand)}"`;
}

/** Volumes by their names, binds by the directory. */
function mountNames({ mounts }: Container, isWhole: boolean): string[] {
  return mounts
    .flatMap((mount) => (mount.kind === "tmpfs" ? [] : mount.kind === "volume" ? mount.name : mount.source))
    .map((name) => (isWhole ? name : shortened(name, longestMount)));
}

function shortened(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length - 1)}…`;
}

/** host, none, or the networks with the addresses that the container has on them. */
export function networksOf({ network, attachments }: Pick<Container, "network" | "attachments">): string {
  if (network.kind === "container") return `container:${network.container}`;
  if (network.kind !== "netd") return network.kind;
  return network.networks
    .map(({ name }) => {
      const addresses = attachments.find((attachment) => attachment.network === name)?.addresses ?? [];
      return [name, ...addresses.map((address) => address.split("/")[0])].join(" ");
    })
    .join(", ");
}

function sizeText({ ownBytes, imageBytes }: ContainerSize): string {
  return `${decimalSize(ownBytes)} (virtual ${decimalSize(ownBytes + imageBytes)})`;
}
